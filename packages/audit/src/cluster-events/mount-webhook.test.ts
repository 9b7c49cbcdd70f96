import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Config } from '@sallyport/contracts';
import { createLogger, hashToken, ProblemError, problemHandler } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import express from 'express';
import supertest from 'supertest';
import { UnstorableError } from '../events/event-store.ts';
import type { ReceivedEvent } from './cluster-events.ts';
import { maxBatchBytes, mountWebhook } from './mount-webhook.ts';
import { createWebhookLimits, type WebhookLimitsDeps } from './webhook-limits.ts';
import { createWebhookMetrics } from './webhook-metrics.ts';

const logger = createLogger({ service: 'audit', level: 'silent' });
const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const now = Date.UTC(2026, 10, 27, 8);
const clusterOf = (name: string, tokens: string[], gatewayUsers?: string[]) => ({
  name,
  auditWebhook: { tokenSha256: tokens.map(sha256), ignore: ['system:*'], grace: 300_000, gatewayUsers },
});
const clusters = [
  clusterOf('dev', ['of-dev', 'new-of-dev']),
  clusterOf('prod', ['of-prod'], ['system:serviceaccount:sallyport:gateway']),
  { name: 'quiet' },
] as unknown as Config['clusters'];

let stored: [string, ReceivedEvent[]][];
let failure: Error | undefined;
let held: (() => void)[];
let isHolding: boolean;
/** How often the store was called. */
let calls: number;
beforeEach(() => {
  [stored, failure, held, isHolding, calls] = [[], undefined, [], false, 0];
});

function appWith(limits: Partial<WebhookLimitsDeps> = {}) {
  const app = express();
  mountWebhook(app, {
    clusters,
    store: {
      async add(cluster, events) {
        calls += 1;
        if (isHolding) await new Promise<void>((resolve) => void held.push(resolve));
        if (failure) throw failure;
        if (events.some(({ event }) => event.auditID === 'poison')) throw new UnstorableError('poison');
        // As PostgreSQL does.
        if (events.some(({ event }) => /[+-](?:1[6-9]|2\d):|02-30/.test(event.requestReceivedTimestamp)))
          throw new UnstorableError('time zone displacement out of range');
        stored.push([cluster, [...events]]);
      },
    },
    limits: createWebhookLimits({ now: () => now, ...limits }),
    metrics: createWebhookMetrics(undefined),
    logger,
    now: () => now,
  });
  app.use(problemHandler({ logger }));
  return app;
}

const eventOf = (id: string, changes: object = {}) => ({
  level: 'Metadata',
  auditID: id,
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/dev/pods',
  verb: 'list',
  user: { username: 'kubernetes-admin' },
  requestReceivedTimestamp: new Date(now).toISOString(),
  stageTimestamp: new Date(now).toISOString(),
  ...changes,
});
const listOf = (...items: unknown[]) => ({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items });
const send = (app: express.Express, cluster: string, token: string | undefined, body: unknown = listOf(eventOf('a'))) =>
  supertest(app)
    .post(`/.sallyport/audit/${cluster}?timeout=30s`)
    .set('content-type', 'application/json')
    .set(token === undefined ? {} : { 'sallyport-webhook-token': hashToken(token) })
    .send(typeof body === 'string' ? body : JSON.stringify(body));

describe("a batch of a cluster's audit events", () => {
  it('is acknowledged once it is stored', async () => {
    const { status, text } = await send(appWith(), 'dev', 'of-dev');
    expect([status, text]).toEqual([200, '']);
    expect(stored).toMatchObject([['dev', [{ keep: true, event: { auditID: 'a' } }]]]);
    expect((await send(appWith(), 'dev', 'new-of-dev')).status).toBe(200);
  });

  it('is refused alike with a foreign token, none, for an unknown cluster and for one without a webhook', async () => {
    const app = appWith();
    const answers = [
      await send(app, 'dev', 'wrong'),
      await send(app, 'dev', 'of-prod'),
      await send(app, 'dev', undefined),
      await send(app, 'dev', ''),
      await send(app, 'nowhere', 'of-dev'),
      await send(app, 'quiet', 'of-dev'),
      await send(app, '__proto__', 'of-dev'),
    ];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(stored).toEqual([]);
    // The hash in the configuration is not a token.
    const withHash = supertest(app).post('/.sallyport/audit/dev').set('content-type', 'application/json');
    expect((await withHash.set('sallyport-webhook-token', sha256('of-dev')).send('{}')).status).toBe(401);
    const zeros = Buffer.alloc(32).toString('base64url');
    const withZeros = supertest(app).post('/.sallyport/audit/quiet').set('content-type', 'application/json');
    expect((await withZeros.set('sallyport-webhook-token', zeros).send('{}')).status).toBe(401);
  });

  it('leaves out what can contain a Secret', async () => {
    const secret = { data: { password: 'planted' } };
    await send(
      appWith(),
      'dev',
      'of-dev',
      listOf(
        eventOf('a', {
          level: 'RequestResponse',
          requestObject: secret,
          responseObject: secret,
          annotations: { 'mutation.webhook.admission.k8s.io/round_0': 'planted' },
          requestURI: '/api/v1/x?token=planted',
          user: { username: 'admin', extra: { token: ['planted'] } },
          unknown: 'planted',
        }),
      ),
    );
    expect(stored[0]![1]).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain('planted');
  });

  it.each([
    ['is not JSON', '{', 400],
    ['is empty', '', 400],
    ['is a list of something else', JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: [] }), 400],
    ['is of another version', JSON.stringify({ ...listOf(), apiVersion: 'audit.k8s.io/v1beta1' }), 400],
    ['has no items', JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1' }), 400],
    ['has too many events', JSON.stringify(listOf(...Array.from({ length: 50_001 }, () => 0))), 413],
    ['is nested deeply', `${'['.repeat(1_000_000)}`, 400],
  ])('is refused if it %s', async (_what, body, status) => {
    expect((await send(appWith(), 'dev', 'of-dev', body)).status).toBe(status);
    expect(stored).toEqual([]);
  });

  it('survives deep nesting inside of an event', async () => {
    const deep = `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`;
    const text = JSON.stringify(listOf(eventOf('a'))).replace('"verb":', `"requestObject":${deep},"verb":`);
    expect((await send(appWith(), 'dev', 'of-dev', text)).status).toBe(200);
    expect(JSON.stringify(stored).length).toBeLessThan(1000);
  });

  it('must be JSON that is not compressed', async () => {
    const post = () =>
      supertest(appWith()).post('/.sallyport/audit/dev').set('sallyport-webhook-token', hashToken('of-dev'));
    expect((await post().set('content-type', 'text/plain').send('{}')).status).toBe(415);
    expect(
      (await post().set({ 'content-type': 'application/json', 'content-encoding': 'gzip' }).send('{}')).status,
    ).toBe(415);
  });

  it('may contain events that are none, or of another time: they are skipped', async () => {
    const old = new Date(now - 3 * 24 * 3_600_000).toISOString();
    const events = [null, 1, {}, eventOf('x'.repeat(65)), eventOf('old', { stageTimestamp: old }), eventOf('poison')];
    expect((await send(appWith(), 'dev', 'of-dev', listOf(...events, eventOf('a'), eventOf('b')))).status).toBe(200);
    expect(stored.flatMap(([, all]) => all.map(({ event }) => event.auditID))).toEqual(['a', 'b']);
  });

  it('keeps what ignored users do only for the store to decide, and nothing of their beginnings', async () => {
    const user = { username: 'system:kube-scheduler' };
    const acting = { user, impersonatedUser: { username: 'bob' } };
    const begun = { user, stage: 'RequestReceived' };
    await send(appWith(), 'dev', 'of-dev', listOf(eventOf('a', { user }), eventOf('b', begun), eventOf('c', acting)));
    expect(stored[0]![1].map(({ keep, event }) => [event.auditID, keep])).toEqual([
      ['a', false],
      ['c', true],
    ]);
  });

  it("always stores what the gateway's configured account does, also before it is known by its requests", async () => {
    const user = { username: 'system:serviceaccount:sallyport:gateway' };
    const other = { username: 'system:serviceaccount:sallyport:other' };
    const events = [eventOf('a', { user }), eventOf('b', { user: other })];
    await send(appWith(), 'prod', 'of-prod', listOf(...events));
    expect(stored[0]![1].map(({ keep, event }) => [event.auditID, keep])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });
});

describe('a batch of events that the database cannot hold', () => {
  const events = (changes: object, length = 500) => Array.from({ length }, (_, at) => eventOf(`a${at}`, changes));

  it('costs one transaction if only the form of its times is odd, and is stored with them in UTC', async () => {
    const requestReceivedTimestamp = '2026-11-27T23:59:00.123456789+23:59';
    const list = listOf(...events({ requestReceivedTimestamp }));
    expect((await send(appWith(), 'dev', 'of-dev', list)).status).toBe(200);
    expect(calls).toBe(1);
    expect(stored[0]![1]).toHaveLength(500);
    const times = stored[0]![1].map(({ event }) => [event.requestReceivedTimestamp, event.stageTimestamp]);
    expect(times[0]).toEqual(['2026-11-27T00:00:00.123456Z', '2026-11-27T08:00:00.000000Z']);
  });

  it('costs none if its times are on days that do not exist', async () => {
    const list = listOf(...events({ requestReceivedTimestamp: '2026-02-30T00:00:00Z' }));
    expect((await send(appWith(), 'dev', 'of-dev', list)).status).toBe(200);
    expect([calls, stored]).toEqual([0, []]);
  });

  it('is refused after a bounded number of attempts, whatever the reason', async () => {
    const list = listOf(...events({ auditID: 'poison' }));
    const answer = await send(appWith(), 'dev', 'of-dev', list);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'bad-request']);
    expect(calls).toBeLessThanOrEqual(21);
  });

  it('loses only those events if they are few', async () => {
    const list = [...events({}), eventOf('poison'), ...events({}, 300)];
    expect((await send(appWith(), 'dev', 'of-dev', listOf(...list))).status).toBe(200);
    expect(stored.flatMap(([, all]) => all)).toHaveLength(800);
  });
});

describe('the receiver under load', () => {
  it('asks the API server to wait while the database is down', async () => {
    failure = new ProblemError('service-unavailable', 'down');
    const answer = await send(appWith(), 'dev', 'of-dev');
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  });

  it('asks a cluster to wait that sends too much at once, and not the others', async () => {
    const app = appWith({ perCluster: 2 });
    isHolding = true;
    const first = [send(app, 'dev', 'of-dev'), send(app, 'dev', 'of-dev')].map((one) =>
      one.then(({ status }) => status),
    );
    await until(() => held.length >= 2);
    const third = await send(app, 'dev', 'of-dev');
    expect([third.status, third.headers['retry-after']]).toEqual([429, '1']);
    const other = send(app, 'prod', 'of-prod').then(({ status }) => status);
    await until(() => held.length >= 3);
    for (const release of held) release();
    expect(await Promise.all([...first, other])).toEqual([200, 200, 200]);
    isHolding = false;
    expect((await send(app, 'dev', 'of-dev')).status).toBe(200);
  });

  it('asks a cluster to wait that sends more bytes than it may, and frees its place after a refusal', async () => {
    const app = appWith({ burstBytes: 1000, bytesPerSecond: 1, perCluster: 1 });
    expect((await send(app, 'dev', 'of-dev', `{${' '.repeat(2000)}`)).status).toBe(400);
    expect((await send(app, 'dev', 'of-dev')).status).toBe(429);
    expect((await send(app, 'prod', 'of-prod')).status).toBe(200);
  });
});

describe('a body without an end', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer(appWith()).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());
  const open = (token: string) =>
    httpRequest({
      port: (server.address() as AddressInfo).port,
      method: 'POST',
      path: '/.sallyport/audit/dev',
      headers: { 'content-type': 'application/json', 'sallyport-webhook-token': hashToken(token) },
    });

  it('is refused before it is read if the token is wrong, and its connection is cut', async () => {
    const request = open('wrong');
    request.write('{');
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(401);
    const begun = Date.now();
    request.on('error', () => undefined);
    const pump = setInterval(() => request.write(' '), 50);
    await once(request, 'close');
    clearInterval(pump);
    expect(Date.now() - begun).toBeLessThan(30_000);
  });

  it('is refused when it is larger than a batch may be', async () => {
    const request = open('of-dev');
    request.on('error', () => undefined);
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const answer = once(request, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
    for (let sent = 0; sent <= maxBatchBytes; sent += piece.length) request.write(piece);
    const [response] = await answer;
    response.resume();
    expect(response.statusCode).toBe(413);
    request.destroy();
  });
});
