// The thread that writes the state of a single process. A sync of the disk blocks its event loop.
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** A value in JSON, or null for a key that was deleted. */
export type StateChange = [table: string, key: string, value: string | null];
export type StateRequest = { changes: readonly StateChange[] } | { close: true };
/** The first answer has the rows, by table. Each later one is that to a request, in order. */
export type StateAnswer = {
  rows?: [table: string, key: string, value: string][];
  error?: string;
  /** Not an answer: another process has the file. */
  isWaiting?: true;
};

/** Increase it when an older program must not read what this one writes. */
const format = 1;
/** How long the process before this one may take to end. */
const waitForLockMs = 5000;

const locked = 'database is locked';
const errors: Record<string, (file: string) => string> = {
  [locked]: (file) => `another process uses ${file}; stop it first`,
  'file is not a database': (file) => `${file} is damaged; restore the directory from a backup`,
  'database disk image is malformed': (file) => `${file} is damaged; restore the directory from a backup`,
};

const { file } = workerData as { file: string };
const port = parentPort!;
const answer = (message: StateAnswer) => port.postMessage(message);

const textOf = (error: unknown, file: string): string => {
  const { message } = error as Error;
  return errors[message]?.(file) ?? message;
};

function open(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file);
  // The lock is taken with the first write and kept. It ends with the process, however that ends. With FULL, a
  // transaction is on the disk when it is committed.
  const lock = (waitMs: number) =>
    database.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; BEGIN IMMEDIATE`);
  try {
    lock(0);
  } catch (error) {
    if ((error as Error).message !== locked) throw error;
    answer({ isWaiting: true });
    lock(waitForLockMs);
  }
  const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found > format) throw new Error(`${file} was written by a newer version; start that one`);
  database.exec(`
    CREATE TABLE IF NOT EXISTS entries (
      place INTEGER PRIMARY KEY, "table" TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE ("table", key)
    );
    PRAGMA user_version = ${format};
    COMMIT`);
  const [check] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  if (check?.quick_check !== 'ok') throw new Error('database disk image is malformed');
  return database;
}

function createWriter(database: DatabaseSync): (changes: readonly StateChange[]) => void {
  const put = database.prepare(
    'INSERT INTO entries ("table", key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const drop = database.prepare('DELETE FROM entries WHERE "table" = ? AND key = ?');
  return (changes) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const [table, key, value] of changes)
        if (value === null) drop.run(table, key);
        else put.run(table, key, value);
      database.exec('COMMIT');
    } catch (error) {
      // Some errors, such as a full disk, have already rolled it back.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

try {
  const database = open(file);
  const write = createWriter(database);
  port.on('message', (request: StateRequest) => {
    const isLast = 'close' in request;
    try {
      if (isLast) database.close();
      else write(request.changes);
      answer({});
    } catch (error) {
      answer({ error: textOf(error, file) });
    }
    if (isLast) port.close();
  });
  const rows = database.prepare('SELECT "table", key, value FROM entries ORDER BY place').all() as {
    table: string;
    key: string;
    value: string;
  }[];
  answer({ rows: rows.map(({ table, key, value }) => [table, key, value]) });
} catch (error) {
  answer({ error: textOf(error, file) });
  port.close();
}
