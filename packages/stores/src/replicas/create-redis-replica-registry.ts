import { replicaStatusSchema } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import { askRedis } from '../redis/ask-redis.ts';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { createListeners } from '@sallyport/kit';
import { redisKeys } from '../redis/redis-keys.ts';
import { byServiceAndId, reportLifeMs, type ReplicaRegistry } from './replica-registry.ts';

const indexLifeMs = 3_600_000;

/** A report as it was written by a replica of this or another version; undefined if it says too little. */
const readReport = (text: string) => replicaStatusSchema.safeParse(parseJson(text)).data;

/**
 * A registry in Redis: each report is a key that Redis itself lets expire, so that nobody's clock decides who is there.
 */
export function createRedisReplicaRegistry(deps: { redis: RedisConnection; keyPrefix?: string }): ReplicaRegistry {
  const { redis } = deps;
  const { client } = redis;
  const keys = redisKeys(deps.keyPrefix ?? 'sallyport');
  const requests = createListeners<void>();
  let subscribed = false;

  return {
    put: (status) =>
      askRedis(async () => {
        await client.set(keys.replica(status.id), JSON.stringify(status), 'PX', reportLifeMs);
        await client.sadd(keys.replicas, status.id);
        await client.pexpire(keys.replicas, indexLifeMs);
      }),
    remove: (id) =>
      askRedis(async () => {
        await client.del(keys.replica(id));
        await client.srem(keys.replicas, id);
      }),
    list: () =>
      askRedis(async () => {
        const ids = await client.smembers(keys.replicas);
        if (ids.length === 0) return [];
        const texts = await client.mget(ids.map(keys.replica));
        const gone = ids.filter((_id, index) => texts[index] === null);
        if (gone.length > 0) await client.srem(keys.replicas, ...gone);
        return texts.flatMap((text) => (text === null ? [] : (readReport(text ?? '') ?? []))).toSorted(byServiceAndId);
      }),
    requestReload: async () => void (await askRedis(() => client.publish(keys.reload, 'reload'))),
    onReloadRequest(listener) {
      // What is asked while Redis is away is lost, which costs nothing: files are looked at every second anyway.
      if (!subscribed) redis.subscribe(keys.reload, { message: () => requests.tell(), established: () => {} });
      subscribed = true;
      return requests.add(listener);
    },
  };
}
