import { describe, expect, it } from '@jest/globals';
import type { AuditConfig, AuditRecord } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { createAuditTrail } from './audit-trail.ts';
import type { Exchange } from '../exchange/exchange.ts';

type When = AuditConfig['whenUnavailable'];
const nothing: When = { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' };

/** Reports whether a request waits for the acknowledgement of its event before it goes upstream. */
function waits(method: string, target: string, when: Partial<When>, how: 'published' | 'kept' = 'published'): boolean {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  const [published, kept]: [AuditRecord[], AuditRecord[]] = [[], []];
  const trail = createAuditTrail({
    sink: {
      publish: async (record) => void published.push(record),
      keep: async (record) => void kept.push(record),
      enqueue: () => {},
      hasRoom: () => true,
      ping: async () => {},
      close: async () => {},
    },
    settings: { whenUnavailable: { ...nothing, ...when }, execCommand: 'clear' },
    hashKey: Buffer.from('k'),
    microTime: () => '',
    createRecord: (about) => about as unknown as AuditRecord,
  });
  const kube = readRequestInfo({ method, ...parsed });
  void trail.commit({
    kube,
    rawTarget: target,
    request: { method },
    clientAddress: '10.0.0.9',
    clusterName: 'dev',
  } as unknown as Exchange);
  return (how === 'kept' ? kept : published).length === 1;
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
