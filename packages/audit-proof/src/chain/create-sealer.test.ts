import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import canonicalize from 'canonicalize';
import { createSealer } from './create-sealer.ts';
import { firstPrevHash } from './hash-event.ts';

const event = (id: string, userAgent = 'kubectl'): AuditRecord => ({
  id,
  type: 'k8s.request',
  source: 'sallyport/proxy',
  time: '2026-01-02T03:04:05.000006Z',
  key: 'dev/s1',
  data: {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'list',
    user: { username: 'alice', extra: { hash: ['x'] } },
    userAgent,
    requestReceivedTimestamp: '2026-01-02T03:04:05.000006Z',
    stageTimestamp: '2026-01-02T03:04:05.000006Z',
    sallyport: { producer: 'draft', clientAddress: '10.0.0.1', bytesIn: 5 },
  },
});

/** The definition, word by word, with another implementation of RFC 8785. */
function hashByDefinition(prevHash: string, { id, type, time, data }: AuditRecord): string {
  const { hash: _hash, ...sallyport } = data.sallyport;
  return createHash('sha256')
    .update(Buffer.from(prevHash, 'hex'))
    .update(canonicalize({ ce_id: id, ce_type: type, ce_time: time, data: { ...data, sallyport } })!)
    .digest('hex');
}

describe('a chain', () => {
  it('begins with zeros, has no gaps, and hashes what its definition says', () => {
    const sealer = createSealer({ producer: 'proxy/a' });
    expect(sealer.head).toBeUndefined();
    let previous = firstPrevHash;
    for (const [index, agent] of ['kubectl', '"hash":"', 'ü€😀\u0000"\\'].entries()) {
      const record = event(`id-${index}`, agent);
      const text = sealer.seal(record);
      const { producer, seq, prevHash, hash } = record.data.sallyport;
      expect({ producer, seq, prevHash }).toEqual({ producer: 'proxy/a', seq: index + 1, prevHash: previous });
      expect(hash).toBe(hashByDefinition(previous, record));
      expect(String(text)).toBe(canonicalize(record.data));
      expect(sealer.head).toEqual({ seq, hash });
      previous = hash!;
    }
  });

  it('continues where it ended', () => {
    const [first, whole] = [createSealer({ producer: 'a' }), createSealer({ producer: 'a' })];
    first.seal(event('1'));
    const rest = createSealer({ producer: 'a', head: first.head! });
    whole.seal(event('1'));
    expect(String(rest.seal(event('2')))).toBe(String(whole.seal(event('2'))));
  });

  it('does not move for an event that is not JSON', () => {
    const sealer = createSealer({ producer: 'a' });
    const broken = event('1');
    broken.data.sallyport.bytesOut = Number.NaN;
    expect(() => sealer.seal(broken)).toThrow(TypeError);
    expect(sealer.head).toBeUndefined();
    sealer.seal(event('2'));
    expect(sealer.head?.seq).toBe(1);
  });
});
