import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { ProblemError, type Logger } from '@sallyport/kit';
import { Journal, type Change } from './journal.ts';
import type { StateAnswer, StateRequest } from './state-worker.ts';
import type { Tables } from './tables.ts';

/** The state of a single process, which is in memory and on the disk. */
export type State = {
  tables: Tables;
  /** Saves what is not saved yet, and gives the directory back. */
  close(): Promise<void>;
};

/** A map that notes which of its keys were changed. */
class NotedMap<Value> extends Map<string, Value> {
  readonly #note: (key: string, change: Change) => void;

  constructor(rows: readonly (readonly [string, Value])[], note: (key: string, change: Change) => void) {
    super();
    for (const [key, value] of rows) super.set(key, value);
    this.#note = note;
  }

  override set(key: string, value: Value): this {
    const change = this.has(key) ? 'set' : 'added';
    super.set(key, value);
    this.#note(key, change);
    return this;
  }

  override delete(key: string): boolean {
    const was = super.delete(key);
    if (was) this.#note(key, 'deleted');
    return was;
  }

  override clear(): void {
    for (const key of this.keys()) this.delete(key);
  }
}

/** Starts the thread that writes a file. Its answers come in the order of the requests. */
function startWriter(file: string, logger: Logger) {
  const source = import.meta.url.endsWith('.ts') ? './state-worker.ts' : './state-worker.js';
  const worker = new Worker(new URL(source, import.meta.url), { workerData: { file }, name: 'state' });
  const waiting: PromiseWithResolvers<StateAnswer>[] = [];
  let failure: Error | undefined;
  let isRunning = false;
  const next = () => {
    const one = Promise.withResolvers<StateAnswer>();
    if (failure) one.reject(failure);
    else waiting.push(one);
    return one.promise;
  };
  const fail = (error: Error) => {
    if (isRunning)
      logger.error({ file, reason: error.message }, 'the thread that saves the state has ended; restart the process');
    isRunning = false;
    failure ??= error;
    for (const one of waiting.splice(0)) one.reject(failure);
  };
  worker.on('message', (answer: StateAnswer) => {
    if (answer.isWaiting) return logger.info({ file }, 'waiting until another process has ended, which uses the state');
    isRunning ||= answer.rows !== undefined;
    const one = waiting.shift();
    if (answer.error === undefined) one?.resolve(answer);
    else one?.reject(new Error(answer.error));
  });
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the thread that writes it has stopped')));
  return {
    opened: next(),
    ask: (request: StateRequest) => {
      const answered = next();
      if ('close' in request) isRunning = false;
      worker.postMessage(request);
      return answered;
    },
    /** Why nothing can be written any more. */
    failure: () => failure,
    end: () => worker.terminate(),
  };
}

/**
 * Opens the state in a directory, which is created if it is missing. Throws if another process uses it, or if it cannot be
 * read or written. Everything is kept in memory; the disk is only read here.
 */
export async function openState(directory: string, { logger }: { logger: Logger }): Promise<State> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const writer = startWriter(path.join(directory, 'state.db'), logger);
  const loaded = new Map<string, [string, unknown][]>();
  try {
    const { rows = [] } = await writer.opened;
    for (const [table, key, value] of rows) {
      const found = loaded.get(table) ?? [];
      found.push([key, JSON.parse(value)]);
      loaded.set(table, found);
    }
  } catch (error) {
    await writer.end();
    throw new Error(`the state in ${directory} cannot be opened: ${(error as Error).message}`, { cause: error });
  }
  const maps = new Map<string, Map<string, unknown>>();
  const journal = new Journal({
    read: (table, key) => maps.get(table)!.get(key),
    write: async (changes) => void (await writer.ask({ changes })),
    onFailure: (reason) =>
      logger.error({ reason, directory }, 'cannot save the state; refusing everything until it can'),
    onRecovery: () => logger.info({ directory }, 'the state is saved again'),
  });
  return {
    tables: {
      map<Value>(name: string) {
        const made = new NotedMap<Value>((loaded.get(name) ?? []) as [string, Value][], (key, change) =>
          journal.note(name, key, change),
        );
        loaded.delete(name);
        maps.set(name, made);
        return made;
      },
      stored: (prefix) =>
        [...loaded.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
      saved: () => journal.saved(),
      check() {
        if (journal.failure !== undefined || writer.failure())
          throw new ProblemError('sessions-unavailable', 'The gateway cannot write to its disk.');
      },
    },
    async close() {
      await journal.close();
      await writer
        .ask({ close: true })
        .catch((error: Error) => logger.error({ reason: error.message, directory }, 'cannot close the state'));
      await writer.end();
    },
  };
}
