export { createFaultyFiles, type FaultyFiles } from './faulty-files.ts';
