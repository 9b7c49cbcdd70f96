import type { Cluster, Redis } from 'ioredis';
import { ProblemError, type Logger } from '@sallyport/kit';
import { type RedisScript, defineScript } from './redis-scripts.ts';

/**
 * The format of what is kept in Redis, and the oldest format whose versions can use it, so that one can go back to them.
 * A change of what is stored raises the first. One that earlier versions would misread raises the second as well.
 */
export type StoredFormat = { format: number; usableFrom: number };

const current: StoredFormat = { format: 1, usableFrom: 1 };
const key = 'sallyport:format';

/** KEYS: format. ARGV: format and `usableFrom` of this version, which are stored unless later ones are. Returns the stored ones. */
const formatScript: RedisScript = {
  name: 'sallyportFormat',
  lua: `
local stored = redis.call('HMGET', KEYS[1], 'format', 'usableFrom')
if stored[1] and tonumber(stored[1]) >= tonumber(ARGV[1]) then return stored end
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'usableFrom', ARGV[2])
return {ARGV[1], ARGV[2]}`,
};

/** What is known of the format of the data behind a connection. */
export type FormatCheck = {
  /** Why this version must not use the data. */
  problem(): ProblemError | undefined;
  /** Resolves when the last comparison has ended, even if Redis does not answer. */
  checked(): Promise<void>;
};

/** Compares the format of the data with that of this version whenever the client is connected. */
export function watchFormat(
  client: Redis | Cluster,
  { logger, own = current }: { logger: Logger; own?: StoredFormat },
): FormatCheck {
  const run = defineScript({ client }, formatScript);
  let problem: ProblemError | undefined;
  const check = async () => {
    // Without an answer, nothing is known of other data than before.
    const answer = await run(key, own.format, own.usableFrom).catch(() => undefined);
    if (!Array.isArray(answer)) return;
    const [format, usableFrom] = answer.map(Number) as [number, number];
    problem =
      usableFrom > own.format
        ? new ProblemError(
            'sessions-unavailable',
            `What is in Redis has format ${format}, which versions from format ${usableFrom} on can use. This one knows format ${own.format}. Start the newer version, or flush the database, so that everyone logs in again.`,
          )
        : undefined;
    if (problem) logger.error({ format, usableFrom, known: own.format }, problem.detail);
  };
  let last = Promise.resolve();
  client.on('ready', () => {
    last = check();
  });
  return { problem: () => problem, checked: () => last };
}
