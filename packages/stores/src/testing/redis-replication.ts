import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { prepareRedisServer, type RedisServer } from './redis-server.ts';

/** A master and one replica that follows it. */
export type RedisReplication = {
  master: RedisServer;
  replica: RedisServer;
  /** Waits until the replica follows the master again. */
  settled(): Promise<void>;
  /** Makes the replica a master, as a failover does. */
  promote(): Promise<void>;
  /** Cuts every connection of clients, or of replicas, to the master. */
  cut(kind: 'normal' | 'replica'): Promise<void>;
  stop(): Promise<void>;
};

async function withAdmin<Answer>(port: number, work: (admin: Redis) => Promise<Answer>): Promise<Answer> {
  const admin = new Redis(port, '127.0.0.1');
  // What fails is the command, which the caller sees.
  admin.on('error', () => {});
  try {
    return await work(admin);
  } finally {
    admin.disconnect();
  }
}

/** Starts a master and a replica. `lines` are added to the configuration of the master. */
export async function startRedisReplication(lines: readonly string[] = []): Promise<RedisReplication> {
  const master = await prepareRedisServer(['repl-diskless-sync-delay 0', 'repl-timeout 60', ...lines]);
  await master.start();
  const replica = await prepareRedisServer([`replicaof 127.0.0.1 ${master.port}`]);
  await replica.start();
  const settled = () =>
    withAdmin(master.port, (admin) =>
      until(async () => {
        // A master with min-replicas-to-write refuses until it has heard from its replica.
        await admin.call('SET', 'probe', String(Date.now()));
        return (await admin.wait(1, 200)) === 1;
      }),
    );
  await settled();
  return {
    master,
    replica,
    settled,
    promote: () => withAdmin(replica.port, async (admin) => void (await admin.call('REPLICAOF', 'NO', 'ONE'))),
    cut: (kind) => withAdmin(master.port, async (admin) => void (await admin.call('CLIENT', 'KILL', 'TYPE', kind))),
    async stop() {
      replica.thaw();
      await master.stop();
      await replica.stop();
    },
  };
}
