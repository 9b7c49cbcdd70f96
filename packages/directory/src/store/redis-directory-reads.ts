import { maxFound, type DirectoryStore, type EntryKind, type LastSync } from './directory-store.ts';
import { afterZero, fromText, type RedisDirectoryParts } from './redis-directory-keys.ts';

/** Creates the reads of entries, members and the last sync. */
export function createRedisReads({
  redis: { client, ask },
  keys,
}: RedisDirectoryParts): Pick<
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
    get: (source, kind, ids) => ask(() => get(source, kind, ids)),
    find: (source, kind, key) =>
      ask(async () => present(source, kind, await below(keys(source)[kind].index, key, 'LIMIT', 0, maxFound))),
    list: (source, kind, from, count) =>
      ask(async () => {
        const { order } = keys(source)[kind];
        const [total, ids] = await Promise.all([
          client.zcard(order),
          count > 0 ? client.zrange(order, String(from), String(from + count - 1)) : [],
        ]);
        return { total, entries: await present(source, kind, ids) };
      }),
    isGone: (source, all) =>
      ask(async () => all.length > 0 && (await client.smismember(keys(source).gone, ...all)).includes(1)),
    memberIds: (source, groupId) => ask(() => below(keys(source).members, `g\0${groupId}`)),
    groupIds: (source, personId) => ask(() => below(keys(source).members, `p\0${personId}`)),
    areMembers: (source, groupId, ids) =>
      ask(async () =>
        ids.length === 0
          ? []
          : (await client.zmscore(keys(source).members, ...ids.map((id) => `g\0${groupId}\0${id}`))).map(
              (score) => score !== null,
            ),
      ),
    memberVersions: (source, ids) =>
      ask(async () =>
        ids.length === 0 ? [] : (await client.hmget(keys(source).counts, ...ids)).map((count) => Number(count ?? 0)),
      ),
    lastSync: (source) =>
      ask(async () => {
        const text = await client.get(keys(source).reading);
        return text === null ? undefined : (JSON.parse(text) as LastSync);
      }),
  };
}
