/** One statement with the values of its `$1`, `$2`. */
export type Statement = { sql: string; values?: readonly unknown[] };
export type Row = Record<string, unknown>;

/**
 * What a SQL store needs of its database; both kinds speak PostgreSQL's dialect. Errors of the server carry its
 * five-character SQLSTATE as `code`.
 */
export interface SqlDatabase {
  query(statement: Statement): Promise<Row[]>;
  /**
   * Runs the statements in one transaction, all or none. A statement without values may hold several separated by
   * semicolons.
   */
  transaction(statements: readonly Statement[]): Promise<Row[][]>;
  close(): Promise<void>;
}
