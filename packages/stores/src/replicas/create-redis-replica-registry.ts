import { replicaStatusSchema } from '@sallyport/contracts';
import { createListeners, parseJson } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import { byServiceAndId, reportLifeMs, type ReplicaRegistry } from './replica-registry.ts';

const indexLifeMs = 3_600_000;

/** Reads a report of a replica of this or another version; undefined if it is invalid. */
const readReport = (text: string) => replicaStatusSchema.safeParse(parseJson(text)).data;

/** Creates a registry in Redis. Each report is a key that Redis expires, so that no replica's clock decides. */
export function createRedisReplicaRegistry(deps: { redis: RedisConnection; keyPrefix?: string }): ReplicaRegistry {
  const { redis } = deps;
  const { client, ask } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const requests = createListeners<void>();
  let subscribed = false;

  return {
    put: (status) =>
      ask(async () => {
        await client.set(keys.replica(status.id), JSON.stringify(status), 'PX', reportLifeMs);
        await client.sadd(keys.replicas, status.id);
        await client.pexpire(keys.replicas, indexLifeMs);
      }),
    remove: (id) =>
      ask(async () => {
        await client.del(keys.replica(id));
        await client.srem(keys.replicas, id);
      }),
    list: () =>
      ask(async () => {
        const ids = await client.smembers(keys.replicas);
        if (ids.length === 0) return [];
        const texts = await client.mget(ids.map(keys.replica));
        const gone = ids.filter((_id, index) => texts[index] === null);
        if (gone.length > 0) await client.srem(keys.replicas, ...gone);
        return texts.flatMap((text) => (text === null ? [] : (readReport(text ?? '') ?? []))).toSorted(byServiceAndId);
      }),
    requestReload: async () => void (await ask(() => client.publish(keys.reload, 'reload'))),
    onReloadRequest(listener) {
      // A request during an outage of Redis is lost. That is harmless: files are checked every second anyway.
      if (!subscribed) redis.subscribe(keys.reload, { message: () => requests.tell(), established: () => {} });
      subscribed = true;
      return requests.add(listener);
    },
  };
}
