import { Command } from 'ioredis';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { joinParent } from './join-parent.ts';
import { createReadSession, readStoredSession } from './read-stored-session.ts';
import type { SessionLookup } from './session-store.ts';

/** Looks up sessions by the hashes of their tokens, in the given order. `own` leaves parents out of account. */
export type LookUpSessions = {
  one(hash: string): Promise<SessionLookup>;
  all(hashes: readonly string[]): Promise<SessionLookup[]>;
  own(hashes: readonly string[]): Promise<SessionLookup[]>;
};

const parentHash = (found: SessionLookup) => (found.state === 'live' ? found.session.parent?.hash : undefined);

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
  const own = async (hashes: readonly string[]) =>
    hashes.length === 1 ? [await alone(hashes[0]!)] : askOnceEach(hashes, one);
  const all = async (hashes: readonly string[]) => {
    const found = await own(hashes);
    const parents = [...new Set(found.map(parentHash).filter((hash) => hash !== undefined))];
    if (parents.length === 0) return found;
    const answers = await own(parents);
    const byHash = new Map(parents.map((hash, index) => [hash, answers[index]]));
    return found.map((each) => {
      const hash = parentHash(each);
      return each.state === 'live' && hash !== undefined ? joinParent(each, byHash.get(hash)) : each;
    });
  };
  return { one: async (hash) => (await all([hash]))[0]!, all, own };
}
