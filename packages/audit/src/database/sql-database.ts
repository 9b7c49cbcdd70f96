/**
 * A statement with the values of its `$1`, `$2`. `timeoutMs` is how long its answer may take, if that is not the
 * default.
 */
export type Statement = { sql: string; values?: readonly unknown[]; timeoutMs?: number };
export type Row = Record<string, unknown>;

/**
 * The database of a SQL store. Both kinds have PostgreSQL's dialect. Errors of the server have the five-character
 * SQLSTATE as `code`.
 */
export interface SqlDatabase {
  query(statement: Statement): Promise<Row[]>;
  /**
   * Runs the statements in one transaction, all or none. A statement without values may consist of several, separated
   * by semicolons.
   */
  transaction(statements: readonly Statement[]): Promise<Row[][]>;
  close(): Promise<void>;
}
