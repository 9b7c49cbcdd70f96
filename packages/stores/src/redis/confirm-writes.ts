import { randomUUID } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import type { RedisConnection } from './connect-redis.ts';
import { unconfirmed, type DurableWriter } from './durable-writer.ts';

/** How long a mark is kept if it is never read, because a connection was lost. */
const keptMs = 60_000;

/** Returns new keys, one for each master. */
async function newMarks(client: Redis | Cluster): Promise<string[]> {
  const newMark = () => `sallyport:mark:${randomUUID()}`;
  if (!(client instanceof Cluster)) return [newMark()];
  const masterOf = (slot: number) => client.slots[slot]?.[0];
  const missing = new Set(client.slots.flatMap(([master]) => master ?? []));
  const marks: string[] = [];
  while (missing.size > 0) {
    const mark = newMark();
    const master = masterOf(Number(await client.cluster('KEYSLOT', mark)));
    if (master !== undefined && missing.delete(master)) marks.push(mark);
  }
  return marks;
}

/**
 * Creates the function that resolves when replicas have everything that was written before on `redis`. A mark is written
 * on that connection, so after everything else. The writer removes it on its own connection, and waits until replicas have
 * that. If the writer does not find the mark, the two are connected to different masters: one of them has been replaced
 * and has not noticed, and what it took is lost.
 */
export function createConfirm({ redis, writer }: { redis: RedisConnection; writer: DurableWriter }) {
  return async (): Promise<void> => {
    if (!writer.waits) return;
    const { client, ask } = redis;
    const marks = await ask(() => newMarks(client));
    await ask(() => Promise.all(marks.map((mark) => client.set(mark, '', 'PX', keptMs))));
    const found = await writer.write((on) => Promise.all(marks.map((mark) => on.client.del(mark))));
    if (marks.length === 0 || found.includes(0)) throw unconfirmed();
  };
}
