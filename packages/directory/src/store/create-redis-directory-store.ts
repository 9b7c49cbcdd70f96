import { hash } from 'node:crypto';
import { ProblemError } from '@sallyport/kit';
import { askRedis } from '@sallyport/stores';
import type { RedisConnection } from '@sallyport/stores';
import {
  maxFound,
  type DirectoryEntry,
  type DirectoryStore,
  type EntryKind,
  type LinkedPerson,
  type LastSync,
} from './directory-store.ts';
import {
  defineDirectoryScript,
  linkScript,
  membersScript,
  putScript,
  removeScript,
  settleScript,
  takeScript,
} from './directory-scripts.ts';

const digest = (text: string) => hash('sha256', text, 'base64url');
/** Index members end in what they point at. */
const afterZero = (member: string) => member.slice(member.lastIndexOf('\0') + 1);

/** The version stands in front, where scripts see it without reading the rest. */
const toText = (entry: DirectoryEntry) => `${entry.version}\n${JSON.stringify(entry)}`;
const fromText = (text: string | null | undefined) =>
  text == null ? undefined : (JSON.parse(text.slice(text.indexOf('\n') + 1)) as DirectoryEntry);

/** The names of a source's keys; what stands in braces puts all of them into one slot. */
function keysOf(prefix: string, source: string) {
  const base = `${prefix}:{directory.${digest(source)}}`;
  const kind = (name: EntryKind) => ({
    entries: `${base}:${name}`,
    order: `${base}:${name}:order`,
    index: `${base}:${name}:index`,
  });
  return {
    people: kind('people'),
    groups: kind('groups'),
    gone: `${base}:gone`,
    touched: `${base}:touched`,
    members: `${base}:members`,
    counts: `${base}:counts`,
    reading: `${base}:reading`,
    links: (key: string) => `${base}:links:${digest(key)}`,
  };
}
type Keys = ReturnType<typeof keysOf>;
type Parts = { redis: RedisConnection; now: () => number; keys(source: string): Keys };

/** Changes of entries and of members, each one script. */
function createWrites({ redis, now, keys }: Parts): Pick<DirectoryStore, 'put' | 'remove' | 'changeMembers'> {
  const [put, remove, change] = [
    defineDirectoryScript(redis, putScript),
    defineDirectoryScript(redis, removeScript),
    defineDirectoryScript(redis, membersScript),
  ];
  return {
    put: (source, kind, entry, { expected, unique = [], touched = [] }) =>
      askRedis(async () => {
        const all = keys(source);
        const { entries, order, index } = all[kind];
        const others = entry.keys.filter((key) => !unique.includes(key));
        const outcome = await put(
          [entries, order, index, all.gone, all.touched],
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
      askRedis(async () => {
        const all = keys(source);
        const { entries, order, index } = all[kind];
        const outcome = await remove(
          [entries, order, index, all.gone, all.touched, all.members, all.counts],
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
      askRedis(async () => {
        const all = keys(source);
        const outcome = await change(
          [all.groups.entries, all.people.entries, all.members, all.counts, all.touched],
          groupId,
          now(),
          add.length,
          out.length,
          ...add,
          ...out,
          ...touched,
        );
        if (outcome === null) return undefined;
        const [added, removed, unknown] = outcome as [string[], string[], string[]];
        return { added, removed, unknown };
      }),
  };
}

function createReads({
  redis: { client },
  keys,
}: Parts): Pick<
  DirectoryStore,
  'get' | 'find' | 'list' | 'isGone' | 'memberIds' | 'groupIds' | 'areMembers' | 'memberVersions' | 'lastSync'
> {
  const get = async (source: string, kind: EntryKind, ids: readonly string[]) =>
    ids.length === 0 ? [] : (await client.hmget(keys(source)[kind].entries, ...ids)).map(fromText);
  const present = async (source: string, kind: EntryKind, ids: readonly string[]) =>
    (await get(source, kind, ids)).filter((entry) => entry !== undefined);
  const below = async (index: string, key: string, ...limit: [] | ['LIMIT', number, number]) =>
    (
      await (limit.length === 0
        ? client.zrangebylex(index, `[${key}\0`, `(${key}\x01`)
        : client.zrangebylex(index, `[${key}\0`, `(${key}\x01`, ...limit))
    ).map(afterZero);
  return {
    get: (source, kind, ids) => askRedis(() => get(source, kind, ids)),
    find: (source, kind, key) =>
      askRedis(async () => present(source, kind, await below(keys(source)[kind].index, key, 'LIMIT', 0, maxFound))),
    list: (source, kind, from, count) =>
      askRedis(async () => {
        const { order } = keys(source)[kind];
        const [total, ids] = await Promise.all([
          client.zcard(order),
          count > 0 ? client.zrange(order, String(from), String(from + count - 1)) : [],
        ]);
        return { total, entries: await present(source, kind, ids) };
      }),
    isGone: (source, all) =>
      askRedis(async () => all.length > 0 && (await client.smismember(keys(source).gone, ...all)).includes(1)),
    memberIds: (source, groupId) => askRedis(() => below(keys(source).members, `g\0${groupId}`)),
    groupIds: (source, personId) => askRedis(() => below(keys(source).members, `p\0${personId}`)),
    areMembers: (source, groupId, ids) =>
      askRedis(async () =>
        ids.length === 0
          ? []
          : (await client.zmscore(keys(source).members, ...ids.map((id) => `g\0${groupId}\0${id}`))).map(
              (score) => score !== null,
            ),
      ),
    memberVersions: (source, ids) =>
      askRedis(async () =>
        ids.length === 0 ? [] : (await client.hmget(keys(source).counts, ...ids)).map((count) => Number(count ?? 0)),
      ),
    lastSync: (source) =>
      askRedis(async () => {
        const text = await client.get(keys(source).reading);
        return text === null ? undefined : (JSON.parse(text) as LastSync);
      }),
  };
}

function createTouches({
  redis,
  now,
  keys,
}: Parts): Pick<DirectoryStore, 'link' | 'linked' | 'touch' | 'takeTouched' | 'completeTouched' | 'touchedCount'> {
  const { client } = redis;
  const [link, take, settle] = [
    defineDirectoryScript(redis, linkScript),
    defineDirectoryScript(redis, takeScript),
    defineDirectoryScript(redis, settleScript),
  ];
  return {
    link: async (source, key, { issuer, subject }, until) =>
      void (await askRedis(() => link([keys(source).links(key)], JSON.stringify([issuer, subject]), until, now()))),
    linked: (source, key) =>
      askRedis(async () =>
        (await client.zrangebyscore(keys(source).links(key), `(${now()}`, '+inf')).map((member): LinkedPerson => {
          const [issuer, subject] = JSON.parse(member) as [string, string];
          return { issuer, subject };
        }),
      ),
    touch: async (source, all) => {
      const at = now();
      if (all.length > 0) await askRedis(() => client.zadd(keys(source).touched, ...all.flatMap((key) => [at, key])));
    },
    takeTouched: (source, limit, leaseMs) =>
      askRedis(async () => {
        const ticket = now() + leaseMs;
        return ((await take([keys(source).touched], now(), limit, ticket)) as string[]).map((key) => ({ key, ticket }));
      }),
    completeTouched: async (source, { key, ticket }) =>
      void (await askRedis(() => settle([keys(source).touched], key, ticket))),
    touchedCount: (source) => askRedis(() => client.zcard(keys(source).touched)),
  };
}

/**
 * A directory in Redis 6.2 or later. Everything of one source is in one slot of a cluster, so that an entry, its index,
 * its memberships and what they touch change together. Entries and memberships stay until they are removed; links end
 * with the sessions they lead to.
 */
export function createRedisDirectoryStore(deps: {
  redis: RedisConnection;
  now: () => number;
  keyPrefix?: string;
}): DirectoryStore {
  const parts: Parts = {
    redis: deps.redis,
    now: deps.now,
    keys: (source) => keysOf(deps.keyPrefix ?? 'sallyport', source),
  };
  return {
    ...createReads(parts),
    ...createWrites(parts),
    ...createTouches(parts),
    recordSync: async (source, reading) =>
      void (await askRedis(() => deps.redis.client.set(parts.keys(source).reading, JSON.stringify(reading)))),
  };
}
