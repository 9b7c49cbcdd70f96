// The thread of the embedded database. A bulk insert blocks its event loop for tens of milliseconds.
import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, type Results } from '@electric-sql/pglite';
import type { Row, Statement } from './sql-database.ts';

/** A request to the database's thread. */
export type PgliteRequest =
  | { id: number; statements: readonly Statement[]; transaction: boolean }
  | { id: number; close: true };
/** Its answer. The first message has no id and reports whether the database could be opened. */
export type PgliteAnswer = { id?: number; results?: Row[][]; error?: { message: string; code?: string } };

type Executor = Pick<PGlite, 'query' | 'exec'>;

async function run(executor: Executor, { sql, values }: Statement): Promise<Row[]> {
  if (values !== undefined) return (await executor.query<Row>(sql, [...values])).rows;
  return ((await executor.exec(sql)).at(-1) as Results<Row> | undefined)?.rows ?? [];
}

async function runAll(executor: Executor, statements: readonly Statement[]): Promise<Row[][]> {
  const results: Row[][] = [];
  for (const statement of statements) results.push(await run(executor, statement));
  return results;
}

function asError(error: unknown): NonNullable<PgliteAnswer['error']> {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return { message: String(message ?? error), ...(typeof code === 'string' ? { code } : {}) };
}

const answer = (message: PgliteAnswer) => parentPort?.postMessage(message);

async function handle(database: PGlite, request: PgliteRequest): Promise<void> {
  try {
    if ('close' in request) {
      await database.close();
      answer({ id: request.id });
      parentPort?.close();
      return;
    }
    const { statements, transaction } = request;
    const results = transaction
      ? await database.transaction((inside) => runAll(inside, statements))
      : await runAll(database, statements);
    answer({ id: request.id, results: results ?? [] });
  } catch (error) {
    answer({ id: request.id, error: asError(error) });
  }
}

const { directory } = workerData as { directory?: string };
try {
  // The engine would create a directory, and files in it, that every user can read.
  if (directory !== undefined) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = await PGlite.create(directory === undefined ? 'memory://' : directory);
  parentPort?.on('message', (request: PgliteRequest) => void handle(database, request));
  answer({});
} catch (error) {
  answer({ error: asError(error) });
  parentPort?.close();
}
