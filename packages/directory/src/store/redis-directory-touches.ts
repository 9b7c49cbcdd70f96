import { defineDirectoryScript, linkScript, settleScript, takeScript } from './directory-scripts.ts';
import type { DirectoryStore, LinkedPerson } from './directory-store.ts';
import type { RedisDirectoryParts } from './redis-directory-keys.ts';

/** Creates the links of sessions and the touched keys. */
export function createRedisTouches({
  redis,
  now,
  keys,
}: RedisDirectoryParts): Pick<
  DirectoryStore,
  'link' | 'linked' | 'touch' | 'takeTouched' | 'completeTouched' | 'touchedCount'
> {
  const { client, ask } = redis;
  const [link, take, complete] = [
    defineDirectoryScript(redis, linkScript),
    defineDirectoryScript(redis, takeScript),
    defineDirectoryScript(redis, settleScript),
  ];
  return {
    link: async (source, key, { issuer, subject }, until) =>
      void (await ask(() => link([keys(source).links(key)], JSON.stringify([issuer, subject]), until, now()))),
    linked: (source, key) =>
      ask(async () =>
        (await client.zrangebyscore(keys(source).links(key), `(${now()}`, '+inf')).map((member): LinkedPerson => {
          const [issuer, subject] = JSON.parse(member) as [string, string];
          return { issuer, subject };
        }),
      ),
    touch: async (source, all) => {
      const at = now();
      if (all.length > 0) await ask(() => client.zadd(keys(source).touched, ...all.flatMap((key) => [at, key])));
    },
    takeTouched: (source, limit, leaseMs) =>
      ask(async () => {
        const ticket = now() + leaseMs;
        return ((await take([keys(source).touched], now(), limit, ticket)) as string[]).map((key) => ({ key, ticket }));
      }),
    completeTouched: async (source, { key, ticket }) =>
      void (await ask(() => complete([keys(source).touched], key, ticket))),
    touchedCount: (source) => ask(() => client.zcard(keys(source).touched)),
  };
}
