import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema, type ElevationPerson } from '@sallyport/contracts';
import { createDirectoryStore, createLinkedPeople, type DirectoryStore } from '@sallyport/directory';
import { until } from '@sallyport/kit/testing';
import { createMemorySessionStore, connectRedis, type RedisConnection } from '@sallyport/stores';
import { describeOnRedis, prepareRedisServer, sessionsSchemaFor, type RedisServer } from '@sallyport/stores/testing';
import { createLoggerRig, identityOf, sessionOf } from '../../testing/authorize-rig.ts';
import { createKnownPeople, type KnownPeople } from './known-people.ts';

describeOnRedis('who is the same person', () => {
  let server: RedisServer;
  let redis: RedisConnection;
  let directory: DirectoryStore;
  let people: KnownPeople;
  const sessions = createMemorySessionStore({ now: Date.now });
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    const { logger } = createLoggerRig();
    redis = await connectRedis(sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` }), { logger });
    directory = createDirectoryStore({ redis, now: Date.now });
    const { identity } = configSchema.parse({
      gateway: { url: 'http://127.0.0.1:8443' },
      identity: {
        directory: { sources: [{ kind: 'scim', tokens: [{ id: 't', sha256: 'ab'.repeat(32) }] }] },
        providers: [
          {
            id: 'corp',
            issuer: 'https://idp.example.com',
            clientId: 'c',
            clientSecret: 's',
            groupSources: ['claims', 'scim'],
          },
        ],
      },
    });
    const links = createLinkedPeople({ identity, store: directory, now: Date.now });
    people = createKnownPeople({ identity, links, sessions });
  });
  afterAll(async () => {
    await redis.close();
    await server.stop();
    await sessions.close();
  });
  const push = (id: string, ...keys: string[]) => {
    const entry = { id, keys, active: true, body: {}, version: 1, createdAt: 1, changedAt: 1 };
    return directory.put('scim', 'people', entry, { expected: undefined });
  };
  const areSame = async (one: ElevationPerson, other: ElevationPerson) => {
    const namesOf = await people.namesOf([one, other]);
    return namesOf(one).some((name) => namesOf(other).includes(name));
  };

  describe('with a directory in Redis', () => {
    const [alice, other] = ['alice@example.com', 'other@example.org'].map((name) => account(name));

    it('follows an entry as soon as it is pushed', async () => {
      expect(await areSame(alice!, other!)).toBe(false);
      await push('e1', 'name:alice@example.com', 'email:other@example.org');
      expect(await areSame(alice!, other!)).toBe(true);
      await directory.remove('scim', 'people', 'e1');
      expect(await areSame(alice!, other!)).toBe(false);
    });

    it('knows the addresses of the live sessions of an account', async () => {
      const second = identityOf('alice@example.com', [], { email: 'other@example.org' });
      await sessions.create('hash', sessionOf(second));
      expect(await areSame(alice!, other!)).toBe(true);
      await sessions.revoke('id-alice@example.com', { by: 'test', reason: 'logout' });
      expect(await areSame(alice!, other!)).toBe(false);
    });

    it('rejects with a 503 while Redis is away, and answers again when it is back', async () => {
      server.freeze();
      try {
        await expect(people.namesOf([alice!, other!])).rejects.toMatchObject({ code: 'sessions-unavailable' });
      } finally {
        server.thaw();
      }
      await until(async () => !(await areSame(alice!, other!)));
    });
  });
});

function account(name: string): ElevationPerson {
  return { issuer: 'https://idp.example.com', subject: `sub-${name}`, user: name, email: name };
}
