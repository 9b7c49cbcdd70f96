import type { Row, Statement } from './sql-database.ts';

/** A request to the database's thread. */
export type PgliteRequest =
  | { id: number; statements: readonly Statement[]; transaction: boolean }
  | { id: number; close: true };
/** Its answer. The first message has no id and reports whether the database could be opened. */
export type PgliteAnswer = { id?: number; results?: Row[][]; error?: { message: string; code?: string } };
