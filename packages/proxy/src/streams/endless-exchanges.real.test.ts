import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Change, CheckAnswer } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { allow, type Rig } from '../testing/gateway-rig.ts';
import {
  drip,
  startRawExchanges,
  type ClusterSide,
  type RawClient,
  type RawExchanges,
} from '../testing/raw-exchanges.ts';
import { selectStreams } from './select-streams.ts';

const api = '/clusters/dev/api/v1/namespaces/dev';
const ended: CheckAnswer = {
  decision: { effect: 'authenticate', rule: 'default-deny', reasons: ['user-unauthenticated'], policyVersion: 'v' },
  problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
};
const revoked: Change = { type: 'session-revoked', sessionId: 'ses_1', issuer: 'https://idp', subject: 'alice', at: 0 };
/**
 * When a request counts as long, in milliseconds, and how soon it must end then. The promise is one second. A busy
 * machine gets fifteen.
 */
const longMs = 2000;
const endsMs = 15_000;

let rig: Rig;
let cluster: ClusterSide[] = [];
let begin: RawExchanges['begin'];
let close: RawExchanges['close'];

async function start(...how: Parameters<typeof startRawExchanges>): Promise<void> {
  ({ rig, cluster, begin, close } = await startRawExchanges(...how));
}
afterEach(() => close());

const listed = () => selectStreams(rig.streams.registry, { ended: false, where: {} }, 'proxy/test').rows;
const endedList = () => selectStreams(rig.streams.registry, { ended: true, where: {} }, 'proxy/test').rows;
const complete = () =>
  rig.events.filter(({ type, data }) => type === 'k8s.request' && data.stage === 'ResponseComplete');
const revoke = () => {
  rig.answer = () => ended;
  rig.streams.onChange(revoked);
};

const never = () => {};
/** Answers with more than the buffers between cluster and client can take. */
const flood = (_request: IncomingMessage, response: ServerResponse) => {
  response.on('error', () => {});
  response.end(Buffer.alloc(32 * 1024 * 1024, 120));
};
/** Reads to the end and does not answer. */
const swallow = (request: IncomingMessage) => void request.resume();

type Shape = {
  answer(request: IncomingMessage, response: ServerResponse): void;
  method?: string;
  target: string;
  lines?: readonly string[];
  body?: string;
  reads?: boolean;
};
const answered: [string, Shape][] = [
  ['a plain GET that never ends', { answer: drip(), target: '/clusters/dev/apis/metrics.example.com/v1/endless' }],
  ['a GET with a promised length', { answer: drip(1_000_000), target: `${api}/pods` }],
  ['a path that is not a resource', { answer: drip(), target: '/clusters/dev/version' }],
  ['logs to a slow reader', { answer: flood, target: `${api}/pods/web/log`, reads: false }],
  ['a large list to a slow reader', { answer: flood, target: `${api}/pods`, reads: false }],
  [
    'a write whose answer never ends',
    {
      answer: drip(),
      method: 'POST',
      target: `${api}/pods`,
      lines: ['Content-Type: application/json', 'Content-Length: 2'],
      body: '{}',
    },
  ],
  [
    'a write that is answered before its body ends',
    {
      answer: drip(),
      method: 'POST',
      target: `${api}/pods`,
      lines: ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      body: '2\r\n{}\r\n',
    },
  ],
];
const unanswered: [string, Shape][] = [
  ['a GET without a response', { answer: never, target: `${api}/pods` }],
  [
    'a write whose body never ends (with a length)',
    { answer: swallow, method: 'POST', target: `${api}/pods`, lines: ['Content-Length: 1000000'], body: 'begun' },
  ],
  [
    'a write whose body never ends (in chunks)',
    {
      answer: swallow,
      method: 'PUT',
      target: `${api}/pods/web`,
      lines: ['Transfer-Encoding: chunked'],
      body: '5\r\nbegun\r\n',
    },
  ],
  [
    'a write whose body has not begun',
    { answer: swallow, method: 'PATCH', target: `${api}/pods/web`, lines: ['Content-Length: 1000'] },
  ],
  [
    'a write without a response',
    { answer: never, method: 'POST', target: `${api}/pods`, lines: ['Content-Length: 2'], body: '{}' },
  ],
  ['a delete without a response', { answer: never, method: 'DELETE', target: `${api}/pods/web` }],
];

/** What is listed when the requests have been checked, unless that took long already. */
let listedEarly: unknown[] = [];

/** Begins a request of each shape, and waits until each has got as far as it will. */
async function open(shapes: readonly [string, Shape][]): Promise<RawClient[]> {
  const begun = performance.now();
  await start((request, response) =>
    shapes[Number(/shape=(\d+)/.exec(request.url!)![1])]![1].answer(request, response),
  );
  const clients = shapes.map(([, { method = 'GET', target, lines = [], body = '', reads = true }], index) => {
    const client = begin(method, `${target}?shape=${index}`, lines);
    if (!reads) client.socket.pause();
    if (body !== '') client.socket.write(body);
    return client;
  });
  // On a busy machine a body may arrive so late that its request is checked twice. The head of a request may wait for its
  // body to begin.
  const waiting = shapes.filter(([, { answer, body = '' }]) => answer === swallow && body === '').length;
  await until(() => rig.checks.length >= shapes.length && cluster.length >= shapes.length - waiting);
  listedEarly = listed();
  if (performance.now() - begun >= longMs - 250) listedEarly = [];
  const begins = ({ answer, reads }: Shape) => answer !== swallow && answer !== never && reads !== false;
  await until(() => clients.every((client, index) => !begins(shapes[index]![1]) || client.text() !== ''));
  if (shapes.some(([, { reads }]) => reads === false)) await pause(100);
  return clients;
}

async function expectCut(client: RawClient, { reads }: Shape): Promise<void> {
  client.socket.resume();
  await until(() => client.closed);
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 /);
  expect(client.text()).not.toMatch(/\r\n0\r\n\r\n$/);
  expect(client.text().length).toBeLessThan(reads === false ? 31 * 1024 * 1024 : 10_000);
}

describe('a request that never ends is ended with its session', () => {
  it.each(answered)('%s: it does not look complete', async (...shape) => {
    const [client] = await open([shape]);
    const at = performance.now();
    revoke();
    await until(() => cluster[0]!.over && rig.streams.registry.size === 0);
    expect(performance.now() - at).toBeLessThan(endsMs);
    await expectCut(client!, shape[1]);
    expect(endedList()).toMatchObject([
      { kind: 'request', reason: 'session-ended', detail: 'This session was ended. Log in again.' },
    ]);
    expect(complete()).toMatchObject([
      { data: { responseStatus: { code: 200 }, sallyport: { stream: { kind: 'request', reason: 'session-ended' } } } },
    ]);
    expect(rig.events.filter(({ type }) => type === 'stream.cut')).toHaveLength(1);
  });

  it.each(unanswered)('%s: its client is told why', async (...shape) => {
    const [client] = await open([shape]);
    const at = performance.now();
    revoke();
    await until(() => cluster.every(({ over }) => over) && client!.text().includes('}'));
    expect(performance.now() - at).toBeLessThan(endsMs);
    expect(client!.text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(client!.text()).toContain('This session was ended');
    await until(() => complete().length === 1 && rig.streams.registry.size === 0);
    if (shape[1].lines?.some((line) => line.startsWith('Transfer') || line.endsWith('000')))
      expect(cluster.some(({ whole }) => whole)).toBe(false);
    expect(endedList()).toMatchObject([{ kind: 'request', reason: 'session-ended' }]);
    expect(complete()).toMatchObject([
      { data: { responseStatus: { code: 401 }, sallyport: { stream: { kind: 'request', reason: 'session-ended' } } } },
    ]);
  });

  it('is listed once it has run for two seconds, and rechecked after every change, whatever it waits for', async () => {
    const shapes = [...answered, ...unanswered];
    const clients = await open(shapes);
    expect(listedEarly).toEqual([]);
    await until(() => listed().length === shapes.length);
    expect(
      listed().map(({ kind, user, sessionId, cluster: name, reason }) => [kind, user, sessionId, name, reason]),
    ).toEqual(shapes.map(() => ['request', 'alice@example.com', 'ses_1', 'dev', undefined]));
    rig.answer = () => ended;
    const at = performance.now();
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v2' });
    await until(() => cluster.every(({ over }) => over) && rig.streams.registry.size === 0);
    expect(performance.now() - at).toBeLessThan(endsMs);
    for (const [index, client] of clients.entries()) {
      if (index < answered.length) await expectCut(client, shapes[index]![1]);
      else expect(client.text()).toMatch(/^HTTP\/1\.1 401 /);
    }
  });
});

describe('a change is not missed between the check and the registration', () => {
  it.each([
    ['revoked', revoked],
    ['the policy changed', { type: 'policy-changed', policyVersion: 'v2' }],
    ['changes may have been missed', { type: 'hello', policyVersion: 'v1' }],
  ] as [string, Change][])('is noticed when the session or the policy has changed: %s', async (_what, change) => {
    await start(drip());
    const client = begin('GET', `${api}/pods`);
    await until(() => client.text().includes('200'));
    rig.answer = () => ended;
    rig.streams.onChange(change);
    await until(() => client.closed, longMs + endsMs);
    expect(endedList()).toMatchObject([{ reason: 'session-ended' }]);
  });

  it('ends a request whose session is revoked without waiting for two seconds', async () => {
    await start(drip());
    const client = begin('GET', `${api}/pods`);
    await until(() => client.text().includes('200'));
    revoke();
    await until(() => client.closed, endsMs);
  });

  it('is noticed while Kafka takes long, so that nothing goes upstream', async () => {
    await start((_request, response) => void response.end('{}'));
    rig.acknowledgeMs = 500;
    const client = begin('DELETE', `${api}/pods/web`);
    await until(() => rig.checks.length === 1);
    await pause(50);
    revoke();
    await until(() => client.text().includes('}'));
    expect(client.text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(cluster).toEqual([]);
  });

  it('ends a request whose session expires', async () => {
    await start(drip());
    rig.answer = () => ({ ...allow(), session: { id: 'ses_1', kind: 'cli', expiresAt: Date.now() + 500 } });
    const client = begin('GET', `${api}/pods`);
    await until(() => client.text().includes('200'));
    rig.answer = () => ended;
    await until(() => client.closed, longMs + endsMs);
  });
});

describe('a request that ends by itself', () => {
  it('is no longer listed, and has only the events of every request', async () => {
    await start((_request, response) => void setTimeout(() => response.end('{"done":true}'), longMs + 1500));
    const client = begin('GET', `${api}/pods`);
    await until(() => listed().length === 1);
    expect(await rig.metrics()).toContain('sallyport_proxy_long_requests 1');
    expect(await rig.metrics()).toContain('sallyport_proxy_open_streams 0');
    await until(() => client.text().includes('done'));
    await until(() => complete().length === 1);
    expect([listed(), endedList()]).toEqual([[], []]);
    expect(rig.events.map(({ type }) => type)).toEqual(['k8s.request', 'k8s.request']);
    expect(complete()[0]!.data.sallyport.stream).toBeUndefined();
    expect(await rig.metrics()).toContain('sallyport_proxy_long_requests 0');
  });

  it('does not keep its session alive by being rechecked, and goes on for the grace period while authorize cannot be reached', async () => {
    await start(drip(), { recheck: '100ms' });
    begin('GET', `${api}/pods`);
    await until(() => rig.checks.length >= 3);
    expect(rig.checks.slice(1).every(({ use }) => use === false)).toBe(true);
  });

  it("does not count as one of its user's streams", async () => {
    await start(drip(), { perUser: 1, perCluster: 1 });
    begin('GET', `${api}/pods`);
    begin('GET', `${api}/pods`);
    await until(() => listed().length === 2);
    const watch = begin('GET', `${api}/pods?watch=true`);
    await until(() => watch.text().includes('\r\n\r\n'));
    expect(watch.text()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is told to go when the gateway stops', async () => {
    await start(drip());
    const client = begin('GET', `${api}/pods`);
    await until(() => listed().length === 1);
    await rig.streams.drain(100);
    await until(() => client.closed);
    expect(endedList()).toMatchObject([{ reason: 'draining' }]);
  });
});

describe('pipelined requests', () => {
  it('end with the session of one that is still waiting: its buffered response is never sent', async () => {
    await start(drip());
    const client = begin('GET', `${api}/pods`);
    await until(() => cluster.length === 1);
    rig.answer = () => ({ ...allow(), session: { id: 'ses_2', kind: 'cli', expiresAt: Date.now() + 60_000 } });
    client.socket.write(`GET ${api}/secrets HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_y\r\n\r\n`);
    await until(() => cluster.length === 2);
    await until(() => listed().length === 2);
    rig.answer = ({ kubernetes }) => (kubernetes!.resource === 'secrets' ? ended : allow());
    rig.streams.onChange({ ...revoked, sessionId: 'ses_2' });
    await until(() => client.closed && cluster.every(({ over }) => over) && rig.streams.registry.size === 0, endsMs);
    expect(client.text().match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(
      complete()
        .map(({ data }) => String(data.sallyport.stream?.reason))
        .toSorted(),
    ).toEqual(['session-ended', 'undefined']);
  });

  it('end when the cluster closes on one that is still waiting', async () => {
    await start(drip());
    const client = begin('GET', `${api}/pods`);
    await until(() => cluster.length === 1);
    client.socket.write(`GET ${api}/secrets HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`);
    await until(() => cluster.length === 2);
    await pause(100);
    cluster[1]!.request.socket.destroy();
    await until(() => client.closed && complete().length === 2);
    expect(client.text().match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});
