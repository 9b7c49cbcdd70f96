import { ProblemError } from '@sallyport/kit';
import { defineScript } from '@sallyport/stores';
import { linkScript, settleScript, takeScript, membersScript, putScript, removeScript } from './directory-scripts.ts';
import type { DirectoryStore, LinkedPerson } from './directory-store.ts';
import { type RedisDirectoryParts, toText } from './redis-directory-keys.ts';

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
  const link = defineScript(redis, linkScript);
  const take = defineScript(redis, takeScript);
  const complete = defineScript(redis, settleScript);
  return {
    link: async (source, key, { issuer, subject }, until) =>
      void (await ask(() => link(keys(source).links(key), JSON.stringify([issuer, subject]), until, now()))),
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
        return ((await take(keys(source).touched, now(), limit, ticket)) as string[]).map((key) => ({ key, ticket }));
      }),
    completeTouched: async (source, { key, ticket }) =>
      void (await ask(() => complete(keys(source).touched, key, ticket))),
    touchedCount: (source) => ask(() => client.zcard(keys(source).touched)),
  };
}

/** Creates the writes of entries, members and the last sync. Each is one script or command. */
export function createRedisWrites({
  redis,
  now,
  keys,
}: RedisDirectoryParts): Pick<DirectoryStore, 'put' | 'remove' | 'changeMembers' | 'recordSync'> {
  const put = defineScript(redis, putScript);
  const remove = defineScript(redis, removeScript);
  const change = defineScript(redis, membersScript);
  return {
    put: (source, kind, entry, { expected, unique = [], touched = [] }) =>
      redis.ask(async () => {
        const all = keys(source);
        const { entries, order, index } = all[kind];
        const others = entry.keys.filter((key) => !unique.includes(key));
        const used = [entries, order, index, all.gone, all.touched] as const;
        const outcome = await put(
          ...used,
          entry.id,
          expected ?? '',
          toText(entry),
          entry.createdAt,
          now(),
          kind === 'people' ? 1 : 0,
          unique.length + others.length,
          unique.length,
          touched.length,
          ...unique,
          ...others,
          ...touched,
        );
        return outcome === 1 ? 'written' : outcome === 3 ? 'taken' : 'stale';
      }),
    remove: (source, kind, id, { expected, gone = [], touched = [] } = {}) =>
      redis.ask(async () => {
        const all = keys(source);
        const { entries, order, index } = all[kind];
        const used = [entries, order, index, all.gone, all.touched, all.members, all.counts] as const;
        const outcome = await remove(
          ...used,
          id,
          expected ?? '',
          now(),
          kind === 'people' ? 1 : 0,
          gone.length,
          touched.length,
          ...gone,
          ...touched,
        );
        if (outcome === 2) throw new ProblemError('conflict', 'The group still has members.');
        return outcome === 1;
      }),
    changeMembers: (source, groupId, { add = [], remove: out = [], touched = [] }) =>
      redis.ask(async () => {
        const all = keys(source);
        const used = [all.groups.entries, all.people.entries, all.members, all.counts, all.touched] as const;
        const outcome = await change(...used, groupId, now(), add.length, out.length, ...add, ...out, ...touched);
        if (outcome === null) return undefined;
        const [added, removed, unknown] = outcome as [string[], string[], string[]];
        return { added, removed, unknown };
      }),
    recordSync: async (source, sync) =>
      void (await redis.ask(() => redis.client.set(keys(source).reading, JSON.stringify(sync)))),
  };
}
