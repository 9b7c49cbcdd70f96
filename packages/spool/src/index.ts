// A bounded log on disk for entries that wait for delivery.
export { openSpool } from './spool/open-spool.ts';
export type { SpoolEntry } from './format/entry-format.ts';
export type { LostEntries } from './segments/segment-list.ts';
export type { Position, Spool } from './spool/spool.ts';
// What another log on disk needs as well.
export { holdLock } from './lock/hold-lock.ts';
export { createDirectory } from './lock/open-directory.ts';
export { readJsonFile, writeJsonFile } from './files/json-file.ts';
export {
  diskFiles,
  isMissing,
  readBytes,
  syncDirectory,
  writeAll,
  type Files,
  type SpoolFile,
} from './files/disk-files.ts';
