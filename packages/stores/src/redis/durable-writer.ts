import { Cluster, type Redis } from 'ioredis';
import { ProblemError, type Logger } from '@sallyport/kit';
import { connectRedis, type RedisConnection } from './connect-redis.ts';
import { defaultDeadlines, type RedisSessionsConfig } from './redis-options.ts';

/** Returns the servers that take writes: all masters of a cluster, or the one server. */
export function mastersOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Writes what must not be lost when a replica becomes the master. */
export type DurableWriter = {
  /**
   * Runs writes on the connection that it passes, and resolves when enough replicas have them. Rejects with
   * `sessions-unavailable` if that is not known. The writes may then have been done or not.
   */
  write<Answer>(run: (on: RedisConnection) => Promise<Answer>): Promise<Answer>;
  /** Whether it waits for replicas at all. */
  waits: boolean;
  close(): Promise<void>;
};

/** Returns the refusal of a step of which it is not known whether replicas have it. */
export const unconfirmed = (): ProblemError =>
  new ProblemError(
    'sessions-unavailable',
    'This may or may not have happened: too few replicas of the session store have confirmed it in time. Repeat it to be sure.',
  );

/** Creates a writer for which the answer of the master is enough. */
export function createPlainWriter(redis: RedisConnection): DurableWriter {
  return { write: (run) => redis.ask(() => run(redis)), waits: false, close: async () => {} };
}

/** Shares questions: those that are asked while one is under way are answered by the next one. */
function createShared(ask: () => Promise<boolean>): () => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<boolean> | undefined;
  return () => {
    next ??= last.then(() => {
      next = undefined;
      const current = ask();
      last = current.catch(() => undefined);
      return current;
    });
    return next;
  };
}

/**
 * Creates a writer that waits for replicas (WAIT). WAIT is about the writes of its own connection and holds up all later
 * commands on it, so the writer opens a connection of its own at the first write. If a connection was lost in between,
 * the answer of WAIT is about another one and proves nothing.
 */
export function createDurableWriter(
  config: RedisSessionsConfig & { waitForReplicas: NonNullable<RedisSessionsConfig['waitForReplicas']> },
  deps: { logger: Logger; resolvePath?: (file: string) => string },
): DurableWriter {
  const { count, timeout } = config.waitForReplicas;
  let opened: Promise<RedisConnection> | undefined;
  // A command may be queued behind a WAIT of another write.
  const commandTimeout = (config.deadlines ?? defaultDeadlines).commandMs + timeout;
  const open = () => (opened ??= connectRedis(config, deps, { commandTimeout, enableAutoPipelining: false }));
  const wait = createShared(async () => {
    const masters = mastersOf((await open()).client);
    const confirmed = await Promise.all(masters.map((master) => master.wait(count, timeout)));
    return masters.length > 0 && confirmed.every((replicas) => replicas >= count);
  });
  return {
    waits: true,
    async write(run) {
      const on = await open();
      const before = on.losses();
      const answer = await on.ask(() => run(on), timeout);
      const confirmed = await wait().catch(() => false);
      if (!confirmed || on.losses() !== before) throw unconfirmed();
      return answer;
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
