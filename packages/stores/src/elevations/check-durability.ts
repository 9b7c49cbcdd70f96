import type { Config } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Redis } from 'ioredis';
import type { RedisConnection } from '../redis/connect-redis.ts';
import { mastersOf } from '../redis/durable-writer.ts';
import type { RedisSessionsConfig } from '../redis/redis-options.ts';

/** Returns the value of a setting of Redis; undefined if it may not be read, as on many managed servers. */
async function settingOf(server: Redis, name: string): Promise<string | undefined> {
  try {
    const answer = (await server.call('CONFIG', 'GET', name)) as unknown;
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch {
    return undefined;
  }
}

/** Returns how many replicas are connected to a server; undefined if it does not say. */
async function replicasOf(server: Redis): Promise<number | undefined> {
  try {
    const text = await server.info('replication');
    const found = /^connected_slaves:(\d+)/m.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

const unreadable =
  'the settings of Redis cannot be read, so it is unknown whether it keeps every write; elevations need "appendonly yes" and "appendfsync always"';

/** What a restart could lose. */
async function diskRisk(server: Redis, isReplicated: boolean): Promise<string | undefined> {
  const appendonly = await settingOf(server, 'appendonly');
  const appendfsync = await settingOf(server, 'appendfsync');
  if (appendonly === undefined) return unreadable;
  if (appendonly === 'yes' && appendfsync === 'always') return undefined;
  const lost = isReplicated
    ? 'Redis may lose the last second of writes if it and its replicas restart together'
    : appendonly === 'yes'
      ? 'Redis may lose the last second of writes when it restarts'
      : 'Redis loses writes when it restarts';
  return `${lost}, which could bring back an ended session or a revoked elevation; set "appendonly yes" and "appendfsync always"`;
}

/** What a failover could lose, and what keeps elevations from working. */
async function replicaRisks(server: Redis, wanted: number | undefined): Promise<string[]> {
  const connected = await replicasOf(server);
  if (wanted === undefined)
    return (connected ?? 0) > 0
      ? [
          'Redis has replicas, and a failover loses what the new master does not have yet, which could bring back an ended session or a revoked elevation; set sessions.waitForReplicas',
        ]
      : [];
  const risks: string[] = [];
  if (connected !== undefined && connected < wanted)
    risks.push(
      `a Redis master has ${connected} of the ${wanted} replicas that sessions.waitForReplicas waits for, so every step of an elevation and every end of a session is answered with 503 until they are connected`,
    );
  const minimum = await settingOf(server, 'min-replicas-to-write');
  if (minimum !== undefined && Number(minimum) < wanted)
    risks.push(
      `a Redis master that is cut off goes on taking writes, which a failover loses; set "min-replicas-to-write ${wanted}" and "min-replicas-max-lag 10"`,
    );
  return risks;
}

/** Warns of settings of Redis with which it could lose writes that it has acknowledged, if someone relies on them. */
export async function warnOfLosses(
  redis: RedisConnection | undefined,
  { sessions, elevations }: Pick<Config, 'sessions' | 'elevations'>,
  logger: Logger,
): Promise<void> {
  if (!redis || !('redis' in sessions) || (elevations.length === 0 && !sessions.waitForReplicas)) return;
  for (const risk of await checkDurability(redis, sessions))
    logger.warn({ risk }, 'ended sessions or elevations may be brought back');
}

/**
 * Returns why Redis could lose a write that it has acknowledged, and what to set. A lost write could bring back a
 * session that has ended, or an elevation that was revoked.
 */
export async function checkDurability(
  { client }: RedisConnection,
  { waitForReplicas }: Pick<RedisSessionsConfig, 'waitForReplicas'> = {},
): Promise<string[]> {
  const servers = mastersOf(client);
  const risks = new Set<string>(servers.length === 0 ? [unreadable] : []);
  for (const server of servers) {
    const minimum = Number((await settingOf(server, 'min-replicas-to-write')) ?? 0);
    const disk = await diskRisk(server, waitForReplicas !== undefined || minimum > 0);
    if (disk !== undefined) risks.add(disk);
    for (const risk of await replicaRisks(server, waitForReplicas?.count)) risks.add(risk);
  }
  return [...risks];
}
