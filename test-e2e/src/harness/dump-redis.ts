import type { Redis } from 'ioredis';

function readKey(client: Redis, key: string, type: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return client.get(key);
    case 'hash':
      return client.hgetall(key);
    case 'set':
      return client.smembers(key);
    case 'zset':
      return client.zrange(key, '0', '-1');
    case 'stream':
      return client.xrange(key, '-', '+');
    default:
      return client.lrange(key, 0, -1);
  }
}

/** Returns the contents of a Redis database, names and values, one key per line. */
export async function dumpRedis(client: Redis): Promise<string> {
  const lines: string[] = [];
  for (const key of await client.keys('*'))
    lines.push(`${key} ${JSON.stringify(await readKey(client, key, await client.type(key)))}`);
  return lines.join('\n');
}
