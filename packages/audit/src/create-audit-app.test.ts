import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { sampleAuditRecord } from '@sallyport/audit-log';
import {
  createLogger,
  createServiceIdentity,
  createServiceVerifier,
  encodeCaller,
  ProblemError,
  type Caller,
} from '@sallyport/kit';
import supertest from 'supertest';
import { createAuditApp } from './create-audit-app.ts';
import type { OnlyOf } from './store/audit-store.ts';

const proxy = generateKeyPairSync('ed25519');
const authorize = generateKeyPairSync('ed25519');
const now = Date.now;

function caller(privileged: boolean): string {
  const alice: Caller = {
    session: { id: 's1', kind: 'cli', expiresAt: 0 },
    privileged,
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

async function setUp(find: (query: AuditQuery, only?: OnlyOf) => Promise<AuditPage>) {
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
  const agent = supertest(createAuditApp({ store: { find }, verifier, logger }));
  const get = (path: string, person = caller(false)) =>
    agent.get(path).set('authorization', authorization).set('sallyport-caller', person);
  return { agent, get, authorization, lines };
}

describe('the query API', () => {
  const page: AuditPage = { events: [sampleAuditRecord()], next: 'MTo', latest: 'OTo' };

  it("shows a person their own events, and everyone's if the policy allows it", async () => {
    const asked: [AuditQuery, OnlyOf | undefined][] = [];
    const { get } = await setUp(async (query, only) => {
      asked.push([query, only]);
      return page;
    });
    const answer = await get('/v1/events?user=bob%40example.com&limit=5')
      .expect(200)
      .expect('cache-control', 'no-store');
    expect(answer.body).toEqual({ ...page, scope: 'own' });
    expect((await get('/v1/events?limit=5', caller(true)).expect(200)).body).toMatchObject({ scope: 'all' });
    expect(asked).toEqual([
      [
        { user: 'bob@example.com', limit: 5, order: 'newest' },
        { issuer: 'https://idp.example.com', subject: 'alice' },
      ],
      [{ limit: 5, order: 'newest' }, undefined],
    ]);
  });

  it('answers only the proxy', async () => {
    const { agent } = await setUp(async () => page);
    await agent.get('/v1/events').set('sallyport-caller', caller(true)).expect(401);
    const other = await createServiceIdentity({
      name: 'authorize',
      privateKey: authorize.privateKey,
      now,
    }).credentialFor('audit');
    const answer = await agent
      .get('/v1/events')
      .set('authorization', other)
      .set('sallyport-caller', caller(true))
      .expect(403);
    expect(answer.body).toMatchObject({ code: 'unknown-caller', status: 403 });
  });

  it('refuses a call that does not name the person, or not readably', async () => {
    const { agent, get, authorization } = await setUp(async () => page);
    await agent.get('/v1/events').set('authorization', authorization).expect(400);
    await get('/v1/events', 'e30').expect(400);
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
    await agent.post('/v1/events').set('authorization', authorization).expect(405);
  });
});
