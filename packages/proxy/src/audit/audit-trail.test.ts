import { describe, expect, it } from '@jest/globals';
import type { AuditConfig, AuditRecord } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { createAuditTrail } from './audit-trail.ts';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

type When = AuditConfig['whenUnavailable'];
const nothing: When = { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' };

/** Reports whether a request waits for the acknowledgement of its event before it goes upstream. */
function waits(method: string, target: string, when: Partial<When>, how: 'published' | 'kept' = 'published'): boolean {
  return commit(method, target, when).events[how].length === 1;
}

/** Commits a request, and returns the events that were published, kept, and sent without a wait. */
function commit(
  method: string,
  target: string,
  when: Partial<When>,
  omitStages?: AuditConfig['omitStages'],
  keeps = true,
  changes: object = {},
) {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  const [published, kept, enqueued]: [AuditRecord[], AuditRecord[], AuditRecord[]] = [[], [], []];
  const ids = ['reserved-for-*'];
  const trail = createAuditTrail({
    sink: {
      publish: async (record) => void published.push(record),
      ...(keeps ? { keep: async (record: AuditRecord) => void kept.push(record) } : {}),
      enqueue: (record) => void enqueued.push(record),
      hasRoom: () => true,
      ping: async () => {},
      close: async () => {},
    },
    settings: { whenUnavailable: { ...nothing, ...when }, execCommand: 'clear', omitStages },
    ids: { take: (cluster) => ids.shift()?.replace('*', cluster) },
    hashKey: Buffer.from('k'),
    microTime: String,
    createRecord: (about) => about as unknown as AuditRecord,
  });
  const asked = readRequestInfo({ method, ...parsed });
  const exchange = {
    kind: 'cluster',
    auditId: 'random',
    asked,
    headers: {},
    rawTarget: target,
    request: { method },
    clientAddress: '10.0.0.9',
    clusterName: 'dev',
    upstream: { name: 'dev' },
    answer: { decision: { effect: 'allow' } },
    receivedAt: 1000,
    startedAt: 10,
    upstreamStartedAt: 12,
    ...changes,
  } as unknown as Allowed<ClusterExchange>;
  void trail.commit(exchange);
  return { events: { published, kept, enqueued }, trail, exchange };
}

const secrets = '/api/v1/namespaces/dev/secrets';

describe('the classes of audit.whenUnavailable', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('count %s of a Secret as a read of Secrets', (method) => {
    expect(waits(method, `${secrets}/a`, { secretRead: 'refuse' })).toBe(true);
    expect(waits(method, `${secrets}?dryRun=All`, { secretRead: 'refuse' })).toBe(true);
  });

  it('count a write of a Secret as a write as well', () => {
    expect(waits('PATCH', `${secrets}/a`, { write: 'refuse' })).toBe(true);
    expect(waits('GET', `${secrets}/a`, { write: 'refuse' })).toBe(false);
  });

  it.each([
    ['GET', '/api/v1/nodes/n/proxy/pods'],
    ['GET', '/api/v1/nodes/n/proxy/portForward/prod/web'],
    ['GET', '/api/v1/nodes/n/proxy/configz'],
    ['POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests'],
    ['PUT', '/apis/certificates.k8s.io/v1/certificatesigningrequests/a/approval'],
    ['POST', '/api/v1/namespaces/dev/serviceaccounts/a/token'],
  ])('count %s %s as exec', (method, target) => {
    expect(waits(method, target, { exec: 'refuse' })).toBe(true);
    expect(waits(method, target, { write: 'refuse', read: 'refuse' })).toBe(false);
  });

  it('go by the method as well as by the verb', () => {
    expect(waits('POST', '/apis/example.com/v1/watch/widgets', { write: 'refuse' })).toBe(true);
    expect(waits('GET', '/apis/example.com/v1/watch/widgets', { write: 'refuse' })).toBe(false);
    expect(waits('POST', '/healthz', { write: 'refuse' })).toBe(true);
  });

  it('wait for the disk of the spool if they are set to it, and other reads do not', () => {
    const kept = (method: string, target: string) => waits(method, target, {}, 'kept');
    expect(kept('DELETE', '/api/v1/namespaces/dev/pods/a')).toBe(true);
    expect(kept('GET', `${secrets}/a`)).toBe(true);
    expect(kept('POST', '/api/v1/namespaces/dev/pods/a/exec?command=id')).toBe(true);
    expect(kept('GET', '/api/v1/pods')).toBe(false);
    expect(waits('DELETE', '/api/v1/namespaces/dev/pods/a', {})).toBe(false);
  });

  it('do not apply to other reads', () => {
    expect(waits('GET', '/api/v1/pods', { write: 'refuse', exec: 'refuse', secretRead: 'refuse' })).toBe(false);
    expect(waits('GET', '/api/v1/pods', { read: 'refuse' })).toBe(true);
  });
});

/** Returns how many events a request has left when it goes upstream. */
const sentWith = async (...request: Parameters<typeof commit>) => {
  const { events } = commit(...request);
  await Promise.resolve(); // what no request waits for is built in a microtask
  return Object.values(events).flat().length;
};

describe('a plain read', () => {
  it.each([
    ['GET', '/api/v1/namespaces/dev/pods/a'],
    ['HEAD', '/api/v1/namespaces/dev/pods/a'],
    ['GET', '/api/v1/pods?limit=500'],
    ['GET', '/api/v1/namespaces/dev/pods/a/log'],
    ['GET', '/apis/example.com/v1/widgets/a/status'],
    ['GET', '/version'],
    ['GET', '/apis'],
  ])('goes upstream without an event: %s %s', async (method, target) => {
    expect(await sentWith(method, target, {})).toBe(0);
    expect(commit(method, target, {}).exchange).toMatchObject({ audited: 'deferred', auditId: 'reserved-for-dev' });
  });

  it.each<[string, string, object?]>([
    ['GET', '/api/v1/namespaces/dev/secrets/a'],
    ['GET', '/api/v1/secrets'],
    ['GET', '/api/v1/pods?watch=true'],
    ['GET', '/api/v1/watch/pods'],
    ['GET', '/api/v1/namespaces/dev/pods/a/log?follow=true'],
    ['GET', '/api/v1/namespaces/dev/pods/a/exec?command=id'],
    ['GET', '/api/v1/namespaces/dev/services/a/proxy/x'],
    ['GET', '/api/v1/nodes/n/proxy/pods'],
    ['GET', '/apis/example.com/v1/proxy/widgets'],
    ['OPTIONS', '/api/v1/pods'],
    ['POST', '/api/v1/namespaces/dev/pods'],
    ['DELETE', '/api/v1/namespaces/dev/pods/a'],
    ['GET', '/api/v1/pods', { headers: { contentLength: 1 } }],
    ['GET', '/api/v1/pods', { headers: { chunked: true } }],
    ['GET', '/api/v1/pods', { upgrade: {} }],
    ['GET', '/api/v1/pods', { answer: { decision: { effect: 'allow' }, elevations: [{ id: 'e', expiresAt: 0 }] } }],
    ['GET', '/api/v1/pods', { answer: { decision: { effect: 'allow' }, actsAs: { groups: [] } } }],
    ['GET', '/api/v1/pods', { stream: {} }],
  ])('is not %s %s %j, which leaves its first event at once', async (method, target, changes = {}) => {
    expect(await sentWith(method, target, {}, undefined, true, changes)).toBe(1);
    expect(commit(method, target, {}, undefined, true, changes).exchange.audited).toBe('received');
  });

  it('leaves its first event at once if no reserved ID is recorded yet, or if reads wait for Kafka', async () => {
    const upstream = { name: 'dev' };
    const { trail, exchange, events } = commit('GET', '/version', {});
    const next = { ...exchange, audited: 'nothing', auditId: 'random', upstream } as Allowed<ClusterExchange>;
    void trail.commit(next);
    await Promise.resolve();
    expect(next).toMatchObject({ audited: 'received', auditId: 'random' });
    expect(events.enqueued).toHaveLength(1);
    expect(await sentWith('GET', '/version', { read: 'refuse' })).toBe(1);
  });

  it('has one event if it ends soon, and gets the first one later if it does not, with the time of its sending', () => {
    const soon = commit('GET', '/version', {});
    soon.trail.closed(soon.exchange);
    soon.trail.begun(soon.exchange);
    soon.trail.closed(soon.exchange);
    expect(soon.events.enqueued.map(({ data }) => data.stage)).toEqual(['ResponseComplete']);
    const late = commit('GET', '/version', {});
    late.trail.begun(late.exchange);
    late.trail.begun(late.exchange);
    late.trail.closed(late.exchange);
    expect(late.events.enqueued.map(({ data }) => data.stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(late.events.enqueued[0]!.data.stageTimestamp).toBe('1002');
  });
});

describe('audit.omitStages: []', () => {
  it('keeps both events of every read', async () => {
    expect(await sentWith('GET', '/api/v1/pods', {}, [])).toBe(1);
    expect(commit('GET', '/api/v1/pods', {}, []).exchange.audited).toBe('received');
  });
});

describe('audit.omitStages: [RequestReceived]', () => {
  const eventsOf = (method: string, target: string, when: Partial<When> = {}) =>
    sentWith(method, target, when, ['RequestReceived']);

  it('leaves out the first event of a read, and holds no response for the last one', async () => {
    expect(await eventsOf('GET', '/api/v1/pods')).toBe(0);
    expect(await eventsOf('GET', '/api/v1/pods?watch=true')).toBe(0);
    expect(commit('GET', '/api/v1/pods', {}, ['RequestReceived']).exchange.audited).toBe('received');
  });

  it('leaves out no event that a request waits for', async () => {
    expect(await eventsOf('GET', '/api/v1/pods', { read: 'refuse' })).toBe(1);
    expect(await eventsOf('DELETE', '/api/v1/namespaces/dev/pods/a', { write: 'refuse' })).toBe(1);
    expect(await eventsOf('DELETE', '/api/v1/namespaces/dev/pods/a')).toBe(1);
    expect(await eventsOf('GET', `${secrets}/a`)).toBe(1);
    expect(await eventsOf('POST', '/api/v1/namespaces/dev/pods/a/exec?command=id')).toBe(1);
  });

  it('leaves out no event of a write, even if there is no spool to keep it', async () => {
    const target = '/api/v1/namespaces/dev/pods/a';
    const { events } = commit('DELETE', target, {}, ['RequestReceived'], false);
    await Promise.resolve();
    expect(events.enqueued).toHaveLength(1);
  });
});
