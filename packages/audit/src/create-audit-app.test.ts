import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import {
  recordingPageSchema,
  type AuditKeys,
  type AuditPage,
  type AuditQuery,
  type AuditView,
  type RecordingQuery,
  type RecordingRow,
} from '@sallyport/contracts';
import {
  createLogger,
  createServiceIdentity,
  createServiceVerifier,
  encodeCaller,
  ProblemError,
  readCaller,
  type Caller,
} from '@sallyport/kit';
import supertest from 'supertest';
import { createAuditApp } from './create-audit-app.ts';
import type { OnlyOf } from './events/event-store.ts';
import { noWebhooks } from './testing/no-webhooks.ts';

const proxy = generateKeyPairSync('ed25519');
const authorize = generateKeyPairSync('ed25519');
const now = Date.now;
const cursorSecret = randomBytes(32);

function caller(): string {
  const alice: Caller = {
    session: { id: 's1', kind: 'cli', expiresAt: 0 },
    privileged: false,
    clientAddress: '10.1.2.3',
    identity: {
      provider: 'corp',
      issuer: 'https://idp.example.com',
      subject: 'alice',
      user: 'alice@example.com',
      groups: [],
      amr: [],
    },
  };
  return encodeCaller(alice);
}

async function setUp(
  find: (query: AuditQuery, only?: OnlyOf) => Promise<AuditPage>,
  more: Partial<Parameters<typeof createAuditApp>[0]> = {},
) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'audit', destination: { write: (line: string) => void lines.push(line) } });
  const verifier = createServiceVerifier({
    name: 'audit',
    publicKeys: { proxy: proxy.publicKey, authorize: authorize.publicKey },
    now,
  });
  const authorization = await createServiceIdentity({ name: 'proxy', privateKey: proxy.privateKey, now }).credentialFor(
    'audit',
  );
  const report = () => Promise.reject(new Error('not used'));
  const clusterEvents = { add: async () => undefined, find: async () => [] };
  const agent = supertest(
    createAuditApp({
      events: { find },
      reports: { summary: report, report, elevationUses: report, elevationSteps: report },
      clusterEvents,
      recordings: { list: report, find: async () => undefined },
      files: undefined,
      verifier,
      logger,
      keys,
      cursorSecret: () => cursorSecret,
      webhook: noWebhooks(logger),
      ...more,
    }),
  );
  const get = (path: string, view?: AuditView, person = caller()) =>
    agent
      .post(path)
      .set('authorization', authorization)
      .set('sallyport-caller', person)
      .send(view === undefined ? undefined : { view });
  return { agent, get, authorization, lines };
}

const keys: AuditKeys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', alg: 'EdDSA', use: 'sig' }] };

describe('the keys of checkpoints', () => {
  it('are for the other services', async () => {
    const { agent, authorization } = await setUp(async () => ({ events: [] }));
    expect((await agent.get('/v1/keys').set('authorization', authorization)).body).toEqual(keys);
    expect((await agent.get('/v1/keys')).status).toBe(401);
  });
});

describe('the question what a policy would have decided', () => {
  it('is only for those who see the whole trail of the cluster, and reads nothing for others', async () => {
    const { agent, authorization } = await setUp(() => Promise.reject(new Error('nothing may be read')));
    const ask = (view: unknown, search = '?cluster=dev', body: object = { asked: { policy: 'allow: [' } }) =>
      agent
        .post(`/v1/what-if${search}`)
        .set('authorization', authorization)
        .set('sallyport-caller', caller())
        .send({ view, ...body });
    const of = (...clusters: string[]) => ({ clusters, withoutCluster: true });
    for (const view of [of(), of('prod'), of('DEV')]) await ask(view).expect(403);
    for (const search of ['', '?cluster=', '?cluster=dev&cluster=dev', '?cluster=dev&user=bob', '?cluster=dev&limit=1'])
      await ask('all', search).expect(400);
    for (const body of [{}, { asked: {} }, { asked: { policy: 'x'.repeat(300_000) } }, { asked: { policy: 7 } }])
      await ask('all', undefined, body).expect(400);
  });
});

describe('the query API', () => {
  const page: AuditPage = { events: [sampleAuditRecord()] };

  it('shows a person their own events, and those of others as far as the policy allows it', async () => {
    const asked: [AuditQuery, OnlyOf | undefined][] = [];
    const { get } = await setUp(async (query, only) => {
      asked.push([query, only]);
      return page;
    });
    const answer = await get('/v1/events?user=bob%40example.com&limit=5')
      .expect(200)
      .expect('cache-control', 'no-store');
    expect(answer.body).toEqual({ ...page, events: [{ ...page.events[0], result: 'ok' }], scope: 'own' });
    expect((await get('/v1/events?limit=5', 'all').expect(200)).body).toMatchObject({ scope: 'all' });
    const dev = { clusters: ['dev'], withoutCluster: false };
    expect((await get('/v1/events?limit=5', dev).expect(200)).body).toMatchObject({ scope: 'clusters', view: dev });
    const none = { clusters: [], withoutCluster: false };
    expect((await get('/v1/events?limit=5', none).expect(200)).body).toMatchObject({ scope: 'own' });
    expect(asked).toEqual([
      [
        { user: 'bob@example.com', limit: 5, order: 'newest' },
        { issuer: 'https://idp.example.com', subject: 'alice' },
      ],
      [{ limit: 5, order: 'newest' }, undefined],
      [
        { limit: 5, order: 'newest' },
        { issuer: 'https://idp.example.com', subject: 'alice', and: dev },
      ],
      [
        { limit: 5, order: 'newest' },
        { issuer: 'https://idp.example.com', subject: 'alice' },
      ],
    ]);
  });

  it('shows only their own events if the call claims a right in any other way', async () => {
    const asked: (OnlyOf | undefined)[] = [];
    const { agent, authorization, get } = await setUp(async (_query, only) => {
      asked.push(only);
      return page;
    });
    const person = encodeCaller({ ...readCaller({ 'sallyport-caller': caller() })!, privileged: true });
    await get('/v1/events', undefined, person).expect(200);
    expect(asked).toEqual([{ issuer: 'https://idp.example.com', subject: 'alice' }]);
    for (const body of [{}, { view: 'everything' }, { view: { clusters: 'dev' } }, { view: { clusters: ['dev'] } }])
      await agent
        .post('/v1/events')
        .set('authorization', authorization)
        .set('sallyport-caller', person)
        .send(body)
        .expect(400);
  });

  it('has cursors that tell nothing, of one length, and takes no others', async () => {
    const asked: (string | undefined)[] = [];
    let position = 8;
    const { get } = await setUp(async ({ after }) => {
      asked.push(after);
      position *= 1000;
      const cursor = Buffer.from(`:${position}`).toString('base64url');
      return { ...page, next: cursor, latest: cursor };
    });
    const first = (await get('/v1/events').expect(200)).body as Required<AuditPage>;
    const second = (await get(`/v1/events?after=${first.next}`).expect(200)).body as Required<AuditPage>;
    expect(asked).toEqual([undefined, Buffer.from(':8000').toString('base64url')]);
    const cursors = [first.next, first.latest, second.next, second.latest];
    expect(new Set(cursors.map(({ length }) => length)).size).toBe(1);
    for (const cursor of cursors) expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/:?8000/);
    for (const after of [asked[1]!, `${first.next}AAAA`, first.next.slice(4), 'MTo', 'x'])
      for (const path of ['/v1/events', '/v1/events/tail']) await get(`${path}?after=${after}`).expect(400);
    expect(asked).toHaveLength(2);
  });

  it('answers only the proxy', async () => {
    const { agent } = await setUp(async () => page);
    await agent.post('/v1/events').set('sallyport-caller', caller()).expect(401);
    const other = await createServiceIdentity({
      name: 'authorize',
      privateKey: authorize.privateKey,
      now,
    }).credentialFor('audit');
    const answer = await agent
      .post('/v1/events')
      .set('authorization', other)
      .set('sallyport-caller', caller())
      .expect(403);
    expect(answer.body).toMatchObject({ code: 'unknown-caller', status: 403 });
  });

  it('refuses a call that does not name the person, or not readably', async () => {
    const { agent, get, authorization } = await setUp(async () => page);
    await agent.post('/v1/events').set('authorization', authorization).expect(400);
    await get('/v1/events', undefined, 'e30').expect(400);
  });

  it('refuses a bad query with a problem that lists its faults', async () => {
    const { get } = await setUp(async () => page);
    const answer = await get('/v1/events?limit=0&colour=red')
      .expect(400)
      .expect('content-type', 'application/problem+json');
    expect(answer.body).toMatchObject({
      code: 'bad-request',
      detail: expect.stringMatching(/limit.*colour: unknown parameter/),
    });
    await get('/v1/events?user=%ff').expect(200);
    expect((await get('/v1/events?user=%00').expect(400)).body).toMatchObject({
      detail: expect.stringContaining('user: contains a NUL character'),
    });
  });

  it('reports that the store is unavailable, and shows the text of a bug only in the log', async () => {
    const outage = await setUp(() =>
      Promise.reject(new ProblemError('service-unavailable', 'The audit store cannot be reached.')),
    );
    expect((await outage.get('/v1/events').expect(503)).body).toMatchObject({ code: 'service-unavailable' });
    const bug = await setUp(() => Promise.reject(new Error('syntax error at "planted"')));
    expect((await bug.get('/v1/events').expect(500)).text).not.toContain('planted');
    expect(bug.lines.join('')).toContain('planted');
  });

  it('limits the open queries of a person, so that events can still be stored', async () => {
    const waiting: (() => void)[] = [];
    const { get } = await setUp(
      () =>
        new Promise((resolve) => {
          waiting.push(() => resolve(page));
        }),
    );
    const statuses = Promise.all(
      Array.from({ length: 12 }, async () => {
        const { status } = await get('/v1/events?limit=1000');
        if (status === 429) for (const answer of waiting.splice(0)) answer();
        return status;
      }),
    );
    const timer = setInterval(() => {
      if (waiting.length > 0) waiting.shift()!();
    }, 100);
    expect(new Set(await statuses)).toEqual(new Set([200, 429]));
    clearInterval(timer);
  });

  it('has one path, which is read-only', async () => {
    const { agent, get, authorization } = await setUp(async () => page);
    await get('/v1/other').expect(404);
    await agent.get('/v1/events').set('authorization', authorization).expect(405);
  });
});

describe('the calls about recordings', () => {
  const recording: RecordingRow = {
    id: '5f1d9c1e-0000-4000-8000-000000000001',
    auditId: 'a1',
    kind: 'exec',
    cluster: 'dev',
    resource: 'pods',
    namespace: 'web',
    name: 'web-0',
    user: 'alice',
    demand: 'required',
    recipients: [],
    since: 1000,
    state: 'complete',
    parts: 1,
    bytes: 4,
  };
  const position = `2026-11-25T12:00:00.000000Z~${recording.id}`;
  const start = async (get: (recording: string, file: string) => Promise<Readable | undefined>) => {
    const asked: RecordingQuery[] = [];
    const { agent, authorization, lines } = await setUp(async () => ({ events: [] }), {
      recordings: {
        async list(query) {
          asked.push(query);
          return { found: [{ recording, position }], more: true };
        },
        find: async (id) => (id === recording.id ? { recording, parts: [], gaps: [] } : undefined),
      },
      files: { get },
    });
    const ask = (path: string) =>
      agent.get(`/v1/recordings${path}`).set('authorization', authorization).set('sallyport-caller', caller());
    return { agent, ask, asked, lines };
  };
  const none = async () => undefined;

  it('list recordings from a sealed position on, with filters that exist', async () => {
    const { ask, asked } = await start(none);
    const { body } = await ask('?cluster=dev&limit=5').expect(200).expect('cache-control', 'no-store');
    expect(body).toEqual({ found: [{ recording, at: expect.stringMatching(/^[\w-]{100,}$/) }], more: true });
    await ask(`?after=${recordingPageSchema.parse(body).found[0]!.at}`).expect(200);
    expect(asked).toEqual([{ cluster: 'dev', limit: 5 }, expect.objectContaining({ after: position })]);
    for (const wrong of [`after=${position}`, 'after=x', 'podd=x', 'limit=1000', 'cluster=a&cluster=b', 'name='])
      await ask(`?${wrong}`).expect(400);
  });

  it('answer with one recording, and with its files', async () => {
    const { ask } = await start(async (id, file) =>
      id === recording.id && file === '000001.age' ? Readable.from(['abcd']) : undefined,
    );
    expect((await ask(`/${recording.id}`).expect(200)).body).toEqual({ recording, parts: [], gaps: [] });
    await ask('/other').expect(404);
    const file = await ask(`/${recording.id}/files/000001.age`)
      .buffer(true)
      .expect(200)
      .expect('content-type', 'application/octet-stream');
    expect((file.body as Buffer).toString()).toBe('abcd');
    await ask(`/${recording.id}/files/000002.age`).expect(404);
    await ask(`/${recording.id}/files/..%2f..%2fetc%2fpasswd`).expect(404);
  });

  it('say so if the store does not respond', async () => {
    const { ask, lines } = await start(() => Promise.reject(new Error('planted-reason')));
    expect((await ask(`/${recording.id}/files/000001.age`).expect(503)).text).not.toContain('planted-reason');
    expect(lines.join('')).toContain('planted-reason');
  });

  it('cut a file that cannot be read to its end', async () => {
    const { ask } = await start(async () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000);
          throw new Error('the store is gone');
        })(),
      ),
    );
    await expect(ask(`/${recording.id}/files/000001.age`)).rejects.toThrow();
  });

  it('are for the gateway', async () => {
    const { agent } = await start(none);
    for (const path of ['', `/${recording.id}`, `/${recording.id}/files/000001.age`])
      await agent.get(`/v1/recordings${path}`).expect(401);
  });
});
