import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLogger, hashToken } from '@sallyport/kit';
import { createSessionStores } from '@sallyport/stores';
import { describeOnRedis, prepareRedisServer, sessionsSchemaFor, type RedisServer } from '@sallyport/stores/testing';
import { callerHeader } from '../testing/caller-header.ts';
import { cliCode, exchange } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

describeOnRedis('names that two replicas give at once', () => {
  let server: RedisServer;
  const closers: (() => Promise<void>)[] = [];
  let replicas: TestService[];
  beforeAll(async () => {
    server = await prepareRedisServer();
    await server.start();
    const config = sessionsSchemaFor({ redis: `redis://127.0.0.1:${server.port}` });
    const logger = createLogger({ service: 'authenticate', level: 'silent' });
    const open = async () => {
      const { sessions, singleUse, names, close } = await createSessionStores(config, { logger, now: Date.now });
      closers.push(close);
      return createTestService(undefined, { sessions, singleUse, names });
    };
    replicas = [await open(), await open()];
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await server.stop();
  });

  const counted = (statuses: readonly number[]) =>
    Object.fromEntries([...new Set(statuses)].map((one) => [one, statuses.filter((status) => status === one).length]));
  /** Sends creations to both replicas at once, and returns the status of each answer. */
  async function raceOf(path: string, caller: object, bodies: readonly object[]): Promise<number[]> {
    const headers = { accept: 'application/json', ...callerHeader({ id: 'login', groups: ['ci'], ...caller }) };
    const answers = await Promise.all(
      bodies.map((body, n) => replicas[n % 2]!.browser.send('post', path, headers, body)),
    );
    return answers.map(({ status }) => status);
  }
  const race = async (path: string, caller: object, body: object) =>
    counted(await raceOf(path, caller, Array<object>(20).fill(body)));
  /** Does the same until each is created or over the limit: on a busy machine some are told to try again. */
  async function raceToTheLimit(path: string, caller: object, bodies: readonly object[]) {
    const final: number[] = [];
    for (let left = bodies; left.length > 0;) {
      const statuses = await raceOf(path, caller, left);
      final.push(...statuses.filter((status) => status !== 409));
      left = left.filter((_body, n) => statuses[n] === 409);
    }
    return counted(final);
  }
  const named = async (kind: string) => (await replicas[0]!.sessions.list()).filter((one) => one.kind === kind);

  it('belong to one agent of a person', async () => {
    const { body } = await exchange(replicas[0]!, { code: await cliCode(replicas[0]!) });
    const { access_token: token, session } = body as { access_token: string; session: { id: string } };
    const scope = { clusters: ['dev'], verbs: ['get'], secrets: false, shell: false };
    const call = { asked: { name: 'bot', scope, lifetimeMs: 600_000 }, tokenHash: hashToken(token) };
    expect(await race('/v1/agents', { id: session.id }, call)).toEqual({ 201: 1, 409: 19 });
    const [agent, ...others] = await named('agent');
    expect(others).toEqual([]);
    await replicas[1]!.sessions.revoke(agent!.id, { by: 'alice', reason: 'revoked' });
    expect(await race('/v1/agents', { id: session.id }, call)).toEqual({ 201: 1, 409: 19 });
    // One person has at most 50, also if they ask for all of them at once.
    const many = Array.from({ length: 60 }, (_one, n) => ({ ...call, asked: { ...call.asked, name: `bot-${n}` } }));
    expect(await raceToTheLimit('/v1/agents', { id: session.id }, many)).toEqual({ 201: 49, 429: 11 });
    expect(await named('agent')).toHaveLength(50);
  });

  it('belong to one service account', async () => {
    const asked = { name: 'deployer', groups: ['ci'], lifetimeMs: 86_400_000 };
    expect(await race('/v1/service-accounts', {}, asked)).toEqual({ 201: 1, 409: 19 });
    expect(await named('service-account')).toHaveLength(1);
    const many = Array.from({ length: 60 }, (_one, n) => ({ ...asked, name: `deployer-${n}` }));
    expect(await raceToTheLimit('/v1/service-accounts', {}, many)).toEqual({ 201: 49, 429: 11 });
    expect(await named('service-account')).toHaveLength(50);
  });

  it('belong to one of many people, also after the account has ended', async () => {
    const people = Array.from({ length: 10 }, (_one, n) => ({ subject: `s-${n}`, user: `u${n}@example.com` }));
    const asked = { name: 'contested', groups: ['ci'], lifetimeMs: 86_400_000 };
    const raced = async () => {
      const statuses = await Promise.all(people.flatMap((one) => raceOf('/v1/service-accounts', one, [asked, asked])));
      return { winner: people[statuses.findIndex((some) => some.includes(201))], counts: counted(statuses.flat()) };
    };
    const { winner, counts } = await raced();
    expect(counts).toEqual({ 201: 1, 409: 19 });
    const account = (await named('service-account')).find(
      ({ serviceAccount }) => serviceAccount!.name === 'contested',
    )!;
    expect(account.serviceAccount!.maker).toMatchObject(winner!);
    await replicas[1]!.sessions.revoke(account.id, { by: 'sre', reason: 'revoked' });
    expect(await raced()).toEqual({ winner, counts: { 201: 1, 409: 19 } });
  });

  it('are not kept from their holder by others who ask for them again and again', async () => {
    const [holder, other] = ['h', 'o'].map((subject) => ({ subject, user: `${subject}@example.com` })) as [
      object,
      object,
    ];
    const sent = (n: number, method: 'post' | 'delete', path: string, caller: object, body?: object) =>
      replicas[n % 2]!.browser.send(
        method,
        path,
        { accept: 'application/json', ...callerHeader({ id: 'login', groups: ['ci'], ...caller }) },
        body,
      );
    const asked = (name: string) => ({ name, groups: ['ci'], lifetimeMs: 86_400_000 });
    let [over, more] = [false, 0];
    const asking = (name: () => string) => async (_one: unknown, n: number) => {
      while (!over) await sent(n, 'post', '/v1/service-accounts', other, asked(name()));
    };
    const remade = async (n: number) => {
      const { status, body } = await sent(n, 'post', '/v1/service-accounts', holder, asked('wanted'));
      const { id } = (body as { serviceAccount?: { id: string } }).serviceAccount ?? { id: 'none' };
      return [status, (await sent(n, 'delete', `/v1/service-accounts/${id}`, holder)).status];
    };
    const statuses = await remade(0);
    const others = [
      ...Array.from(
        { length: 4 },
        asking(() => 'wanted'),
      ),
      ...Array.from(
        { length: 2 },
        asking(() => `more-${more++}`),
      ),
    ];
    try {
      for (let n = 1; n < 6; n += 1) statuses.push(...(await remade(n)));
      statuses.push((await sent(0, 'delete', '/v1/service-account-names/wanted', holder)).status);
    } finally {
      over = true;
      await Promise.all(others);
    }
    expect(statuses).toEqual([...Array.from({ length: 6 }, () => [201, 204]).flat(), 204]);
  });
});
