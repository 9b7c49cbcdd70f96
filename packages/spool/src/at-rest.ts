// What other programs do with the directory of a spool that is not in use. It runs on older versions of Node.js, too.
export { holdLock } from './lock/hold-lock.ts';
export { hasWaitingEntries } from './segments/has-waiting-entries.ts';
