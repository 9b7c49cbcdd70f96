// The thread of the embedded database. A bulk insert blocks its event loop for tens of milliseconds.
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { messages, PGlite, type Results } from '@electric-sql/pglite';
import { hasDatabase } from './database-directory.ts';
import { moveDatabase, startParams, SyncedFiles } from './pglite-files.ts';
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

/** The severities of PostgreSQL after which a session is over. */
const isLast = /^(?:FATAL|PANIC)$/;

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
    // An engine that has stopped itself, because the disk failed, answers nothing any more.
    if (!(error instanceof messages.DatabaseError) || isLast.test(error.severity ?? ''))
      setImmediate(() => process.exit(1));
  }
}

// V8's optimizing compiler for WebAssembly takes up to 400 MB for this engine, and the queries get no faster. These flags
// are those that --liftoff-only implies on a command line.
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);

const open = (directory: string | undefined) =>
  PGlite.create({ ...(directory === undefined ? {} : { fs: new SyncedFiles(directory) }), startParams });

/** Creates the files of a database. */
async function initialize(directory: string): Promise<void> {
  const unfinished = path.join(directory, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  // The engine would create a directory, and files in it, that every user can read.
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  // The memory of this is given back only with its thread.
  const thread = new Worker(new URL(import.meta.url), { workerData: { initialize: unfinished } });
  await once(thread, 'exit');
  moveDatabase(unfinished, directory);
}

async function serve(directory: string | undefined): Promise<void> {
  if (directory !== undefined && !hasDatabase(directory)) await initialize(directory);
  const database = await open(directory);
  parentPort?.on('message', (request: PgliteRequest) => void handle(database, request));
  answer({});
}

const work = workerData as { directory?: string; initialize?: string };
if (work.initialize === undefined)
  await serve(work.directory).catch((error: unknown) => {
    answer({ error: asError(error) });
    parentPort?.close();
  });
else await (await open(work.initialize)).close();
