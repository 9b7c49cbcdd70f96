// A bounded log on disk for entries that wait for delivery.
export { openSpool } from './spool/open-spool.ts';
export type * from './spool/spool.ts';
