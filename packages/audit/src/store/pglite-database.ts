import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PgliteAnswer, PgliteRequest } from './pglite-messages.ts';
import type { Row, SqlDatabase } from './sql-database.ts';

export type PgliteDatabaseDeps = {
  /** Where its files are; in memory without it. One process at a time. */
  directory?: string;
};

type Waiting = { resolve(results: Row[][]): void; reject(error: Error): void };

function toError(error: NonNullable<PgliteAnswer['error']>): Error {
  return Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code });
}

/**
 * Opens the embedded database in a thread of its own. Questions asked while it still opens (up to some seconds) wait
 * for it.
 */
export function createPgliteDatabase(deps: PgliteDatabaseDeps): SqlDatabase {
  if (deps.directory !== undefined) mkdirSync(path.dirname(path.resolve(deps.directory)), { recursive: true });
  const file = import.meta.url.endsWith('.ts') ? './pglite-worker.ts' : './pglite-worker.js';
  const worker = new Worker(new URL(file, import.meta.url), { workerData: deps, name: 'audit-store' });
  const waiting = new Map<number, Waiting>();
  let failure: Error | undefined;
  let made = 0;

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
  worker.on('exit', () => fail(new Error('the embedded database has ended')));
  // Its thread alone is no reason for the process to go on; a question under way is.
  worker.unref();

  const ask = async (request: Omit<PgliteRequest, 'id'>): Promise<Row[][]> => {
    if (failure) throw failure;
    const id = (made += 1);
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
    query: async (statement) => (await ask({ statements: [statement], transaction: false }))[0] ?? [],
    transaction: (statements) => ask({ statements, transaction: true }),
    async close() {
      if (!failure) await ask({ close: true }).catch(() => undefined);
      await worker.terminate();
    },
  };
}
