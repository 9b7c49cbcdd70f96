import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';

const claim = 'sallyport-e2e:claimed';

/** Claims a database of a Redis server that no other test of the run uses. */
export async function claimRedis(server: string): Promise<{ url: string; client: Redis; release(): Promise<void> }> {
  for (let index = 0; index < 16; index += 1) {
    const url = server.replace(/\/\d*$/, `/${index}`);
    const client = new Redis(url, { retryStrategy: (times) => Math.min(times * 50, 500), maxRetriesPerRequest: null });
    client.on('error', () => {});
    if ((await client.set(claim, '1', 'NX')) === 'OK') {
      return {
        url,
        client,
        async release() {
          if (client.status === 'ready') await client.flushdb();
          client.disconnect();
        },
      };
    }
    client.disconnect();
  }
  throw new Error('all sixteen databases of Redis are in use, because gateways were not stopped');
}

/** Creates a database on a PostgreSQL server. */
export async function createDatabase(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `gate_${randomUUID().replaceAll('-', '')}`;
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  await query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
