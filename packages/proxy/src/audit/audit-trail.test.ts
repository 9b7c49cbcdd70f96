import { describe, expect, it } from '@jest/globals';
import type { AuditConfig, AuditRecord } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { createAuditTrail } from './audit-trail.ts';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

type When = AuditConfig['whenUnavailable'];
const nothing: When = { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' };

/** Reports whether a request waits for the acknowledgement of its event before it goes upstream. */
function waits(method: string, target: string, when: Partial<When>, how: 'published' | 'kept' = 'published'): boolean {
  return commit(method, target, when)[how].length === 1;
}

/** Commits a request, and returns the events that were published, kept, and sent without a wait. */
function commit(
  method: string,
  target: string,
  when: Partial<When>,
  omitStages: AuditConfig['omitStages'] = [],
  keeps = true,
) {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  const [published, kept, enqueued]: [AuditRecord[], AuditRecord[], AuditRecord[]] = [[], [], []];
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
    hashKey: Buffer.from('k'),
    microTime: () => '',
    createRecord: (about) => about as unknown as AuditRecord,
  });
  const asked = readRequestInfo({ method, ...parsed });
  void trail.commit({
    kind: 'cluster',
    asked,
    rawTarget: target,
    request: { method },
    clientAddress: '10.0.0.9',
    clusterName: 'dev',
  } as unknown as Allowed<ClusterExchange>);
  return { published, kept, enqueued };
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

describe('audit.omitStages: [RequestReceived]', () => {
  const eventsOf = async (method: string, target: string, when: Partial<When> = {}) => {
    const events = commit(method, target, when, ['RequestReceived']);
    await Promise.resolve(); // what no request waits for is built in a microtask
    return Object.values(events).flat().length;
  };

  it('leaves out the first event of a read', async () => {
    expect(await eventsOf('GET', '/api/v1/pods')).toBe(0);
    const withAll = commit('GET', '/api/v1/pods', {});
    await Promise.resolve();
    expect(withAll.enqueued).toHaveLength(1);
  });

  it('leaves out no event that a request waits for', async () => {
    expect(await eventsOf('GET', '/api/v1/pods', { read: 'refuse' })).toBe(1);
    expect(await eventsOf('DELETE', '/api/v1/namespaces/dev/pods/a', { write: 'refuse' })).toBe(1);
    expect(await eventsOf('DELETE', '/api/v1/namespaces/dev/pods/a')).toBe(1);
    expect(await eventsOf('GET', `${secrets}/a`)).toBe(1);
    expect(await eventsOf('POST', '/api/v1/namespaces/dev/pods/a/exec?command=id')).toBe(1);
  });

  it('leaves out no event of a write, even if there is no spool to keep it', async () => {
    const { enqueued } = commit('DELETE', '/api/v1/namespaces/dev/pods/a', {}, ['RequestReceived'], false);
    await Promise.resolve();
    expect(enqueued).toHaveLength(1);
  });
});
