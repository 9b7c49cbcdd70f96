export { describeOnSmallDisk } from './describe-on-small-disk.ts';
export { createFaultyFiles, type FaultyFiles } from './faulty-files.ts';
