import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { connectRedis, type RedisConnection } from '../redis/connect-redis.ts';
import { describeOnRedis } from '../testing/describe-on-redis.ts';
import { exampleElevation } from '../testing/elevation-store.conformance.ts';
import { prepareRedisServer, type RedisServer } from '../testing/redis-server.ts';
import { sessionsSchemaFor } from '../testing/sessions-config.ts';
import { createRedisElevationStore } from './create-redis-elevation-store.ts';

describeOnRedis('a restart under elevations', () => {
  describe('a Redis that is killed after every step', () => {
    let directory: string;
    let server: RedisServer;
    let redis: RedisConnection;
    beforeAll(async () => {
      directory = mkdtempSync(path.join(tmpdir(), 'sallyport-appendonly-'));
      server = await prepareRedisServer([`dir ${directory}`, 'appendonly yes', 'appendfsync always']);
      await server.start();
      const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` });
      redis = await connectRedis(config, { logger: pino({ level: 'silent' }) });
    });
    afterAll(async () => {
      await redis.close();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    });
    const restart = async () => {
      await server.stop();
      await server.start();
      const answers = () =>
        redis.client.ping().then(
          () => true,
          () => false,
        );
      await until(answers);
    };

    it('has every step that it acknowledged, in every index, and no other', async () => {
      const store = createRedisElevationStore({ redis });
      let current = exampleElevation();
      await store.create(current, 1000);
      const states = ['approved', 'active', 'active', 'revoked'] as const;
      for (const [step, state] of states.entries()) {
        await restart();
        expect(await store.read(current.id)).toEqual(current);
        expect((await store.changesSince(0)).position).toBe(step * 3 + 1);
        expect(await store.due(5000, 10)).toEqual([current.id]);
        expect(await store.ofPerson(current.requester, 10)).toEqual([current]);
        const next = { ...current, state, revision: current.revision + 1 };
        expect(await store.replace(next, state === 'revoked' ? undefined : 1000 + step)).toBe(true);
        // What was replaced can never be replaced again.
        expect(await store.replace({ ...current, state: 'active', revision: next.revision }, 1)).toBe(false);
        await store.touch(next, state === 'revoked' ? undefined : 1000 + step);
        current = next;
        const { position } = await store.changesSince(0);
        expect(position).toBe(step * 3 + 4);
      }
      await restart();
      expect(await store.read(current.id)).toMatchObject({ state: 'revoked', revision: 5 });
      expect(await store.open()).toEqual([]);
    });
  });
});
