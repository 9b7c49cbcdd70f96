import { Worker } from 'node:worker_threads';
import { ListValue } from './list-value.ts';
import type { PgliteAnswer, PgliteRequest } from './pglite-worker.ts';
import type { Row, SqlDatabase, Statement } from './sql-database.ts';

export type PgliteDatabaseDeps = {
  /** The directory of its files, used by one process at a time. Without it, the database is in memory. */
  directory?: string;
};

type Waiting = { resolve(results: Row[][]): void; reject(error: Error): void };

function toError(error: NonNullable<PgliteAnswer['error']>): Error {
  return Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code });
}

/** The engine takes lists as they are, and the thread receives a copy without its class. */
const withPlainLists = (statement: Statement): Statement => ({
  ...statement,
  ...(statement.values && {
    values: statement.values.map((value) => (value instanceof ListValue ? value.items : value)),
  }),
});

/**
 * Opens the embedded database in its own thread. Queries wait while it opens, which can take some seconds. If the thread
 * ends, because the disk failed, the next query opens the database again.
 */
export function createPgliteDatabase(deps: PgliteDatabaseDeps): SqlDatabase {
  const file = import.meta.url.endsWith('.ts') ? './pglite-worker.ts' : './pglite-worker.js';
  let thread: PgliteThread | undefined;
  let isClosed = false;
  const start = (): PgliteThread => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData: deps, name: 'audit-store' });
    const started = createPgliteThread(worker);
    worker.on('exit', () => {
      if (thread === started) thread = undefined;
    });
    return started;
  };
  const send = async (request: Omit<PgliteRequest, 'id'>): Promise<Row[][]> => {
    if (isClosed) throw new Error('the embedded database is closed');
    return (thread ??= start()).send(request);
  };
  thread = start();
  return {
    query: async (statement) => (await send({ statements: [withPlainLists(statement)], transaction: false }))[0] ?? [],
    transaction: (statements) => send({ statements: statements.map(withPlainLists), transaction: true }),
    async close() {
      isClosed = true;
      await thread?.close();
    },
  };
}

type PgliteThread = { send(request: Omit<PgliteRequest, 'id'>): Promise<Row[][]>; close(): Promise<void> };

function createPgliteThread(worker: Worker): PgliteThread {
  const waiting = new Map<number, Waiting>();
  let failure: Error | undefined;
  let lastId = 0;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const one of waiting.values()) one.reject(failure);
    waiting.clear();
  };
  worker.on('message', ({ id, results = [], error }: PgliteAnswer) => {
    if (id === undefined) return error ? fail(toError(error)) : undefined;
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(toError(error));
    else one?.resolve(results);
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the embedded database has stopped')));
  // The thread alone must not keep the process alive. A running query does.
  worker.unref();

  const send = async (request: Omit<PgliteRequest, 'id'>): Promise<Row[][]> => {
    if (failure) throw failure;
    const id = (lastId += 1);
    worker.ref();
    try {
      return await new Promise<Row[][]>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ ...request, id });
      });
    } finally {
      if (waiting.size === 0) worker.unref();
    }
  };
  return {
    send,
    async close() {
      if (!failure) await send({ close: true }).catch(() => undefined);
      await worker.terminate();
    },
  };
}
