import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterAll, expect, it } from '@jest/globals';
import { createAuditBus, createAuditRecord, microTime } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { parseRequestTarget, readRequestInfo, type StreamObserver } from '@sallyport/kubernetes';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { createApiEvents } from '../portal/calls/api-events.ts';
import type { Allowed, ClusterExchange, OpenStream } from '../exchange/exchange.ts';
import { createRecordUnparsable } from '../listener/record-unparsable.ts';
import { createStreamEvents } from '../streams/stream-lifecycle.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createAccessReviews } from '../access-review/access-reviews.ts';
import { createAskRecorded } from '../upstream/ask-cluster.ts';
import { createAuditedClusterKinds } from '../upstream/cluster-kinds.ts';
import { createAuditTrail } from './audit-trail.ts';
import { createHiddenText } from './hidden-text.ts';

/** RFC 8785, as plainly as it can be written: every value is sorted and escaped one by one. */
function general(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (Array.isArray(value)) return `[${value.map(general).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const byName = members.map(([name, member]) => [name.toWellFormed(), member] as const);
  byName.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${byName.map(([name, member]) => `${JSON.stringify(name)}:${general(member)}`).join(',')}}`;
}

/** The definition of an event's hash. */
function hashOf({ id, type, time, data }: AuditRecord): string {
  const { hash: _hash, ...sallyport } = data.sallyport;
  return createHash('sha256')
    .update(Buffer.from(sallyport.prevHash!, 'hex'))
    .update(general({ ce_id: id, ce_type: type, ce_time: time, data: { ...data, sallyport } }))
    .digest('hex');
}

// Any UTF-16, with lone surrogates, control characters and what looks like members of the event itself.
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('"hash":"', '\ud800', '\u2028'));
const target = fc.oneof(
  fc.constantFrom(
    '/api/v1/namespaces/dev/pods',
    '/api/v1/namespaces/dev/pods/web/exec?command=sh&command=-c&container=c&stdin=true&tty=true',
    '/api/v1/namespaces/dev/pods/web/portforward?ports=8080&ports=1',
    '/api/v1/secrets?labelSelector=a%3Db&fieldSelector=metadata.namespace%3Ddev',
    '/api/v1/nodes/n/proxy/run/dev/web/c?cmd=id',
    '/apis/apps/v1/namespaces/dev/deployments/web/scale',
    `/api/v1/pods?pad=${'x'.repeat(2000)}`,
    '/healthz',
  ),
  text.map((query) => `/api/v1/namespaces/dev/services/web/proxy/x?${encodeURIComponent(query.toWellFormed())}`),
  text,
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const decision = fc.record({
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  rule: text,
  reasons: fc.array(text, { maxLength: 3 }),
  policyVersion: text,
  evaluatedAs: maybe(text),
  shadow: maybe(
    fc.array(fc.record({ scope: text, rule: text, effect: fc.constantFrom('allow' as const, 'deny' as const) }), {
      maxLength: 2,
    }),
  ),
});
const sentIdentity = fc.record({
  user: text,
  uid: text,
  groups: fc.array(text, { maxLength: 3 }),
  extra: fc.dictionary(text, fc.array(text, { maxLength: 2 }), { maxKeys: 3 }),
  droppedGroups: fc.array(text, { maxLength: 2 }),
});
const answer = fc.record({
  decision,
  session: maybe(fc.record({ id: text, kind: fc.constantFrom('cli', 'workload'), expiresAt: fc.integer() })),
  identity: maybe(
    fc.record({
      provider: fc.oneof(text, fc.constant('workload/ci')),
      issuer: text,
      subject: text,
      user: text,
      email: maybe(text),
      groups: fc.array(text, { maxLength: 3 }),
      amr: fc.array(text, { maxLength: 2 }),
      authTime: maybe(fc.integer({ min: 0 })),
    }),
  ),
  impersonation: maybe(sentIdentity),
  actsAs: maybe(sentIdentity),
  elevations: maybe(
    fc.array(
      fc.record({
        id: text,
        name: text,
        expiresAt: fc.nat(),
        approvers: fc.array(text, { maxLength: 2 }),
        ticket: maybe(text),
      }),
      { maxLength: 3 },
    ),
  ),
});
const exchanges = fc
  .record({
    target,
    method: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE'),
    answer: maybe(answer),
    clientAddress: text,
    clusterName: text,
    isKnown: fc.boolean(),
    headers: maybe(
      fc.record({
        userAgent: maybe(text),
        upgrade: fc.constantFrom('websocket', 'spdy/3.1'),
        kubectlSession: maybe(text),
        kubectlCommand: maybe(text),
        forwardedFor: maybe(text),
        impersonate: maybe(fc.array(text, { maxLength: 3 })),
      }),
    ),
    upgrade: fc.boolean(),
    tokenHash: maybe(fc.constant('h')),
    statusCode: fc.integer({ min: 100, max: 599 }),
    statusReason: maybe(text),
    statusMessage: maybe(text),
    bytesIn: fc.nat(),
    bytesOut: fc.nat(),
    startedAt: fc.double({ min: 0, max: 1000, noNaN: true }),
    upstreamStartedAt: fc.constantFrom(0, 1.5),
    end: maybe(
      fc.record({
        reason: fc.constant('session-ended' as const),
        code: fc.constant('unauthenticated' as const),
        detail: text,
      }),
    ),
    hashed: fc.boolean(),
  })
  .map(({ target: rawTarget, method, upgrade, end, ...rest }) => {
    const parsed = parseRequestTarget(rawTarget);
    const exchange = {
      ...rest,
      kind: 'cluster',
      rawTarget,
      auditId: 'audit-1',
      receivedAt: 1_700_000_000_000,
      request: { method },
      upgrade: upgrade ? {} : undefined,
      upstream: rest.isKnown ? { name: 'dev' } : undefined,
      audited: 'nothing',
      ticket: 'nothing',
      asked: parsed.ok ? readRequestInfo({ method, ...parsed }) : undefined,
    } as unknown as Allowed<ClusterExchange>;
    exchange.stream = { id: 'stream-1', kind: 'exec', exchange, end } as unknown as OpenStream;
    return { exchange, end, hashed: rest.hashed };
  });

const now = () => 1_700_000_000_000;
const createRecord = (about: Parameters<typeof createAuditRecord>[0]) =>
  createAuditRecord(about, { now, randomId: () => 'id-1' });
const observer = {
  reason: 'it was not framed',
  summary: () => ({
    channels: { stdout: { fromServer: 5, fromClient: 0 }, stdin: { fromServer: 0, fromClient: 3 } },
    exitCode: 0,
    ports: [{ port: 8080, fromServer: 1, fromClient: 2, connections: 1 }],
  }),
} as unknown as StreamObserver;

const bus = createAuditBus({ logger: createLogger({ service: 'proxy', level: 'silent' }), now });
let records: AuditRecord[] = [];
bus.subscribe('test', async (some) => void records.push(...some));
afterAll(() => bus.close());
const recordUnparsable = createRecordUnparsable({ sink: bus, metrics: new Registry(), now });

/** Emits every event that the proxy has for an exchange, and waits until the bus has delivered them. */
async function emitAll({
  exchange,
  end,
  hashed,
}: {
  exchange: Allowed<ClusterExchange>;
  end: OpenStream['end'];
  hashed: boolean;
}) {
  const execCommand = hashed ? 'hashed' : 'clear';
  const hashKey = Buffer.from('k');
  const trail = createAuditTrail({
    sink: bus,
    settings: {
      execCommand,
      whenUnavailable: { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' },
      omitStages: [],
    },
    ids: { take: () => undefined },
    hashKey,
    microTime,
    createRecord,
  });
  if (exchange.asked && exchange.upstream) {
    await trail.commit(exchange);
    await Promise.resolve();
  }
  trail.answered(exchange);
  const events = createStreamEvents(trail);
  events.answered(exchange.stream!);
  if (end) events.cut(exchange.stream!, end);
  exchange.observer = observer;
  events.closed(exchange.stream!);
  trail.closed(exchange);
  createApiEvents({ sink: bus, now, hideFor: createHiddenText(execCommand, hashKey) }).complete({
    request: {
      method: exchange.request.method,
      headers: { 'user-agent': exchange.clientAddress },
    } as unknown as IncomingMessage,
    path: exchange.rawTarget,
    clientAddress: exchange.clientAddress,
    answer: exchange.answer,
    status: exchange.statusCode,
    detail: exchange.statusMessage,
  });
  recordUnparsable({ remoteAddress: exchange.clientAddress } as unknown as Duplex, exchange.statusMessage ?? '');
  await until(() => records.at(-1)?.type === 'request.unparsable');
}

const types = ['http.request', 'k8s.request', 'request.unparsable', 'stream.closed', 'stream.cut', 'stream.opened'];
/** Names of `extra` are the identity's own, so their order is not the gateway's. */
const isSortable = ({ data }: AuditRecord) =>
  Object.keys({ ...data.user.extra, ...data.impersonatedUser?.extra }).length === 0 &&
  !JSON.stringify(data).includes('\\ud');

it('of every event of the gateway is that of RFC 8785, and objects of requests and streams take a quick way there', async () => {
  const seen = new Set<string>();
  const quick = new Set<string>();
  await fc.assert(
    fc.asyncProperty(exchanges, async (made) => {
      records = [];
      await emitAll(made);
      for (const record of records) {
        seen.add(record.type);
        expect(record.data.sallyport.hash).toBe(hashOf(record));
        if (!/^k8s|^stream\.(opened|cut)/.test(record.type) || !isSortable(record)) continue;
        // What JSON.stringify writes is the form itself, so nothing had to be sorted.
        expect(JSON.stringify(record.data)).toBe(general(record.data));
        quick.add(record.type);
      }
    }),
    { numRuns: 100 },
  );
  expect([...seen].toSorted()).toEqual(types);
  expect([...quick].toSorted()).toEqual(['k8s.request', 'stream.cut', 'stream.opened']);
});

it('of what the gateway asks a cluster for itself is that of RFC 8785 too', async () => {
  records = [];
  const ask = createAskRecorded({ sink: bus, now, createRecord });
  const kinds = createAuditedClusterKinds({ ask });
  const upstream = {
    name: 'dev',
    basePath: '',
    allowSystem: { names: new Set(), accountsOf: new Set() },
    authorization: () => undefined,
    dispatch: (_request: unknown, handler: { onError(error: Error, unanswered: boolean): void }) =>
      handler.onError(new Error('away "hash":"'), true),
  } as unknown as Upstream;
  await kinds(upstream).namespaced('example.com', 'v1', 'widgets');
  const reviews = createAccessReviews({ ask, clock: () => 0 });
  const person = { user: 'zoë\ud800', uid: 'u', groups: ['b', 'a'], extra: { z: ['1'], a: ['2'] } };
  const attributes = { nonResourceAttributes: { path: '/\u2028', verb: 'get' } };
  expect(await reviews.mayPerson({ cluster: upstream, impersonation: person, attributes })).toBe('unknown');
  await until(() => records.length === 2);
  expect(records).toMatchObject(
    ['gateway:discovery', 'gateway:access-review'].map((username) => ({
      type: 'k8s.request',
      data: { user: { username } },
    })),
  );
  for (const record of records) expect(record.data.sallyport.hash).toBe(hashOf(record));
});
