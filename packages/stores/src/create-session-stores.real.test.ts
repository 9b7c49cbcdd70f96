import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@sallyport/kit/testing';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { createSessionStores } from './create-session-stores.ts';
import { describeOnRedis } from './testing/describe-on-redis.ts';
import { exampleSession } from './testing/example-session.ts';
import { freePort, prepareRedisServer, type RedisServer } from './testing/redis-server.ts';
import { sessionsSchemaFor } from './testing/sessions-config.ts';
import { wait } from './testing/wait.ts';

const succeeds = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    () => false,
  );

const logger = pino({ level: 'silent' });
/** A busy machine may take this many times as long as promised. */
const slack = 10;
/** The deadlines of the product, which these tests are about. */
const prompt = { deadlines: undefined };
const single = (server: RedisServer) => sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}/1` }, prompt);
const timed = async (work: Promise<unknown>) => {
  const from = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, ms: performance.now() - from };
};

describeOnRedis('connections of the session stores', () => {
  describe('when Redis goes down', () => {
    it('rejects within a second, reports the gap, and recovers within two seconds', async () => {
      const server = await prepareRedisServer();
      await server.start();
      const { sessions, close } = await createSessionStores(single(server), { logger, now: Date.now });
      let gaps = 0;
      const heard: string[] = [];
      sessions.onGap(() => (gaps += 1));
      sessions.onChange((change) => heard.push(change.sessionId));
      await until(() => gaps === 1);

      await server.stop();
      for (const call of [
        sessions.find(['a']),
        sessions.create('a', exampleSession(Date.now())),
        sessions.list(),
        sessions.revoke('x', { by: 'x', reason: 'revoked' }),
        sessions.ping(),
      ]) {
        const { error, ms } = await timed(call);
        expect(error).toMatchObject({ code: 'sessions-unavailable', status: 503 });
        expect(ms).toBeLessThan(slack * 1000);
      }
      await wait(1500);
      await server.start();
      // A busy machine may answer later than a caller waits.
      await until(() => succeeds(sessions.ping()));
      await until(() => gaps === 2);
      let session = exampleSession(Date.now());
      await until(() => {
        session = exampleSession(Date.now());
        return succeeds(sessions.create(`b-${session.id}`, session));
      });
      await until(() => succeeds(sessions.revoke(session.id, { by: 'x', reason: 'revoked' })));
      await until(() => heard.includes(session.id));
      await close();
      await server.stop();
    });

    it('starts while Redis is down and needs no restart', async () => {
      const server = await prepareRedisServer();
      const { error, ms } = await timed(
        (async () => {
          const { sessions, singleUse, close } = await createSessionStores(single(server), { logger, now: Date.now });
          let gaps = 0;
          sessions.onGap(() => (gaps += 1));
          for (const call of [
            sessions.find(['a']),
            singleUse.put('a', 'b', 1, 1000),
            singleUse.take('a', 'b'),
            singleUse.read('a', 'b'),
            singleUse.claim('a', 'b', 1, 1000),
            singleUse.count('a', 'b', 1000),
          ]) {
            expect((await timed(call)).error).toMatchObject({ code: 'sessions-unavailable' });
          }
          await server.start();
          await until(() =>
            sessions.ping().then(
              () => true,
              () => false,
            ),
          );
          await until(() => gaps === 1);
          await close();
        })(),
      );
      await server.stop();
      expect(error).toBeUndefined();
      expect(ms).toBeLessThan(slack * 2000);
    });

    it('rejects within a second while Redis keeps the connection open and does not answer', async () => {
      const server = await prepareRedisServer();
      await server.start();
      const { sessions, close } = await createSessionStores(single(server), { logger, now: Date.now });
      let gaps = 0;
      sessions.onGap(() => (gaps += 1));
      await until(() => gaps === 1);
      server.freeze();
      const { error, ms } = await timed(sessions.find(['a', 'b']));
      expect(error).toMatchObject({ code: 'sessions-unavailable' });
      expect(ms).toBeLessThan(slack * 1000);
      await wait(3500);
      server.thaw();
      await until(() =>
        sessions.find(['a']).then(
          () => true,
          () => false,
        ),
      );
      // The subscriber gave up the silent connection, so changes may have been missed.
      await until(() => gaps > 1);
      await close();
      await server.stop();
    });

    it('shows neither the command nor the password in its error', async () => {
      const config = sessionsSchemaFor({ redis: `redis://user:pa55word@127.0.0.1:${await freePort()}` }, prompt);
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const { error } = await timed(sessions.create('secret-hash', exampleSession(Date.now())));
      const shown =
        JSON.stringify(error, Object.getOwnPropertyNames(error)) +
        String((error as Error).cause) +
        JSON.stringify((error as Error).cause);
      expect(shown).toContain('sessions-unavailable');
      expect(shown).not.toMatch(/secret-hash|pa55word|alice/);
      await close();
    });
  });

  describe('when a Redis cluster goes down', () => {
    it('starts without it, rejects within a second, and recovers with it', async () => {
      const node = await prepareRedisServer([
        'cluster-enabled yes',
        'cluster-node-timeout 2000',
        'cluster-announce-ip 127.0.0.1',
      ]);
      const config = sessionsSchemaFor({ redis: `redis-cluster://127.0.0.1:${node.port}` }, prompt);
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const { error } = await timed(
        (async () => {
          let gaps = 0;
          sessions.onGap(() => (gaps += 1));
          const down = await timed(sessions.find(['a']));
          expect(down.error).toMatchObject({ code: 'sessions-unavailable' });
          expect(down.ms).toBeLessThan(slack * 1000);

          await node.start();
          const admin = new Redis(node.port, '127.0.0.1');
          await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
          await until(() =>
            sessions.find(['a']).then(
              () => true,
              () => false,
            ),
          );
          await until(() => gaps > 0);
          admin.disconnect();

          node.freeze();
          const frozen = await timed(sessions.find(['a']));
          expect(frozen.error).toMatchObject({ code: 'sessions-unavailable' });
          expect(frozen.ms).toBeLessThan(slack * 1000);
          node.thaw();
          await until(() =>
            sessions.find(['a']).then(
              () => true,
              () => false,
            ),
          );
        })(),
      );
      await close();
      await node.stop();
      expect(error).toBeUndefined();
    });
  });

  describe('over TLS', () => {
    it('trusts the authority of the configuration, and no other', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-redis-tls-'));
      const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-keyout',
          key,
          '-out',
          cert,
          '-days',
          '2',
          '-subj',
          '/CN=redis',
          '-addext',
          'subjectAltName=IP:127.0.0.1',
        ],
        { stdio: 'ignore' },
      );
      const tlsPort = await freePort();
      const server = await prepareRedisServer([
        `tls-port ${tlsPort}`,
        `tls-cert-file ${cert}`,
        `tls-key-file ${key}`,
        `tls-ca-cert-file ${cert}`,
        'tls-auth-clients no',
      ]);
      await server.start();
      const open = (rest: object) =>
        createSessionStores(sessionsSchemaFor({ redis: `rediss://127.0.0.1:${tlsPort}`, ...rest }), {
          logger,
          now: Date.now,
          resolvePath: (file) => path.join(directory, file),
        });
      const trusted = await open({ caFile: 'cert.pem' });
      await expect(trusted.sessions.ping()).resolves.toBeUndefined();
      const distrusted = await open({});
      await expect(distrusted.sessions.ping()).rejects.toMatchObject({ code: 'sessions-unavailable' });
      await trusted.close();
      await distrusted.close();
      await server.stop();
      rmSync(directory, { recursive: true });
    });
  });

  describe('with Sentinel and a password', () => {
    const servers: RedisServer[] = [];
    beforeAll(async () => {
      const master = await prepareRedisServer(['requirepass s3cr3t/+']);
      const sentinel = await prepareRedisServer(
        [`sentinel monitor gate 127.0.0.1 ${master.port} 1`, 'sentinel auth-pass gate s3cr3t/+'],
        ['--sentinel'],
      );
      servers.push(master, sentinel);
      for (const server of servers) await server.start();
    });
    afterAll(async () => {
      for (const server of servers) await server.stop();
    });

    const credentials = `:${encodeURIComponent('s3cr3t/+')}`;
    it.each<[string, (port: number) => object]>([
      [
        'by mode',
        (port) => ({ redis: `redis://${credentials}@127.0.0.1:${port}`, mode: 'sentinel', sentinel: 'gate' }),
      ],
      // Nothing answers at the first one.
      ['by their URL', (port) => ({ redis: `redis-sentinel://${credentials}@127.0.0.1:1,127.0.0.1:${port}/0#gate` })],
    ])('asks the Sentinels for the master, for commands and for changes: %s', async (way, settings) => {
      const config = sessionsSchemaFor(settings(servers[1]!.port), prompt);
      const { sessions, close } = await createSessionStores(config, { logger, now: Date.now });
      const heard: string[] = [];
      let gaps = 0;
      sessions.onGap(() => (gaps += 1));
      sessions.onChange((change) => heard.push(change.sessionId));
      await until(() => gaps === 1);
      const session = { ...exampleSession(Date.now()), id: way };
      // Redis on a busy machine may miss the deadline of a command.
      await until(() => succeeds(sessions.create(way, session)));
      await until(() => succeeds(sessions.revoke(session.id, { by: 'x', reason: 'revoked' })));
      await until(() => heard.includes(session.id));
      await close();
    });
  });
});
