import type { Row, Statement } from './sql-database.ts';

/** What the database's thread is asked. A list of statements is one transaction. */
export type PgliteRequest =
  | { id: number; statements: readonly Statement[]; transaction: boolean }
  | { id: number; close: true };
/** What it answers; the first message, without an id, says whether the database could be opened. */
export type PgliteAnswer = { id?: number; results?: Row[][]; error?: { message: string; code?: string } };
