import type { RedisConnection } from '../redis/connect-redis.ts';
import { askRedis } from '../redis/ask-redis.ts';

/** Returns the value of a setting of Redis; undefined if it may not be read, as on many managed servers. */
async function settingOf({ client }: RedisConnection, name: string): Promise<string | undefined> {
  try {
    const answer = (await askRedis(() => client.call('CONFIG', 'GET', name))) as unknown;
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns why Redis could lose a write that it has acknowledged, and what to set; undefined if it could not. A lost write
 * could bring back an elevation that was revoked.
 */
export async function checkDurability(redis: RedisConnection): Promise<string | undefined> {
  const [appendonly, appendfsync, replicas] = [
    await settingOf(redis, 'appendonly'),
    await settingOf(redis, 'appendfsync'),
    await settingOf(redis, 'min-replicas-to-write'),
  ];
  if (appendonly === undefined)
    return 'the settings of Redis cannot be read, so it is unknown whether it keeps every write; elevations need "appendonly yes" and "appendfsync always"';
  if (appendonly === 'yes' && appendfsync === 'always') return undefined;
  const lost =
    Number(replicas ?? 0) > 0
      ? 'Redis may lose the last second of writes if it and its replicas restart together'
      : appendonly === 'yes'
        ? 'Redis may lose the last second of writes when it restarts'
        : 'Redis loses writes when it restarts';
  return `${lost}, which could bring back a revoked elevation; set "appendonly yes" and "appendfsync always"`;
}
