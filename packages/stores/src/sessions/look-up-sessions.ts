import { Command } from 'ioredis';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import type { SessionLookup } from './session-store.ts';

/** Looks up sessions by the hashes of their tokens, in the given order. */
export type LookUpSessions = {
  one(hash: string): Promise<SessionLookup>;
  all(hashes: readonly string[]): Promise<SessionLookup[]>;
};

const fields = ['session', 'idleEndsAt', 'revoked', 'usedAt'] as const;

/** Asks once per session, even if a batch names it often: clients send many requests at once. */
async function askOnceEach(
  hashes: readonly string[],
  lookUp: (hash: string) => Promise<SessionLookup>,
): Promise<SessionLookup[]> {
  const asked = new Map<string, Promise<SessionLookup>>();
  for (const hash of hashes) if (!asked.has(hash)) asked.set(hash, lookUp(hash));
  await Promise.all(asked.values());
  return Promise.all(hashes.map((hash) => asked.get(hash)!));
}

/** Creates the look-up over a connection. `keyOf` returns the session's key for a token hash. */
export function createLookUpSessions({
  client,
  keyOf,
  now,
}: {
  client: RedisConnection['client'];
  keyOf(hash: string): string;
  now: () => number;
}): LookUpSessions {
  const readSession = createReadSession();
  const interpret = (values: (string | null)[]) => readStoredSession(values, now(), readSession);
  const one = async (hash: string): Promise<SessionLookup> => interpret(await client.hmget(keyOf(hash), ...fields));
  // A single look-up skips the pipeline, which would wait for others to join.
  const alone = async (hash: string): Promise<SessionLookup> => {
    const command = new Command('hmget', [keyOf(hash), ...fields], { replyEncoding: 'utf8' });
    return interpret((await client.sendCommand(command)) as (string | null)[]);
  };
  return { one, all: async (hashes) => (hashes.length === 1 ? [await alone(hashes[0]!)] : askOnceEach(hashes, one)) };
}
