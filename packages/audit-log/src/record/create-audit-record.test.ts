import { describe, expect, it } from '@jest/globals';
import { canonicalJson, createSealer } from '@sallyport/audit-proof';
import { auditRecordSchema } from '@sallyport/contracts';
import fc from 'fast-check';
import { auditKey, createAuditRecord, microTime } from './create-audit-record.ts';
import { createIdSource } from './create-id-source.ts';
import { sampleAuditRecord } from './sample-audit-record.ts';

describe('the time of an event', () => {
  it('has microseconds, as Kubernetes writes them', () => {
    expect(microTime(1_764_037_735_123.4565)).toBe('2025-11-25T02:28:55.123456Z');
    expect(microTime(0)).toBe('1970-01-01T00:00:00.000000Z');
  });

  it('sorts as text in chronological order', () => {
    const ms = fc.double({ min: 0, max: 4e12, noNaN: true });
    fc.assert(fc.property(ms, ms, (a, b) => a > b || microTime(a) <= microTime(b)));
  });
});

describe('the ids of events', () => {
  it('are increasing UUIDs of version 7, even when the clock stops or goes back', () => {
    const clock = { now: 1_764_037_735_123 };
    const next = createIdSource({ now: () => clock.now });
    const made = Array.from({ length: 10_000 }, (_none, index) => {
      if (index === 6000) clock.now -= 5000;
      return next();
    });
    expect(made[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(made[0]!.replaceAll('-', '').slice(0, 12), 16)).toBe(1_764_037_735_123);
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('a new audit record', () => {
  const deps = { now: () => 1_764_037_735_123.5, randomId: () => 'id-1' };
  const draft = {
    auditID: 'a',
    stage: 'RequestReceived',
    requestURI: '/',
    verb: 'get',
    user: {},
    sallyport: { sessionId: 's' },
  } as const;

  it('fills in the fields that every event has and the current time', () => {
    const record = createAuditRecord(
      { type: 'k8s.request', source: 'sallyport/proxy', key: auditKey('dev', undefined), data: draft },
      deps,
    );
    expect(auditRecordSchema.parse(record)).toEqual({
      id: 'id-1',
      type: 'k8s.request',
      source: 'sallyport/proxy',
      time: '2025-11-25T02:28:55.123500Z',
      key: 'dev/-',
      data: {
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        requestReceivedTimestamp: '2025-11-25T02:28:55.123500Z',
        stageTimestamp: '2025-11-25T02:28:55.123500Z',
        ...draft,
        sallyport: { producer: '', sessionId: 's' },
      },
    });
  });

  it('has its members in the order of RFC 8785 before and after it is sealed', () => {
    const record = sampleAuditRecord();
    const sorted = JSON.stringify(record.data);
    expect(sorted).toBe(canonicalJson(record.data));
    const text = String(createSealer({ producer: 'proxy/a' }).seal(record));
    expect(text).toBe(JSON.stringify(record.data));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(JSON.parse(text) as object).toSorted());
  });

  it('keeps the time at which the request was received', () => {
    const data = { ...draft, requestReceivedTimestamp: '2025-11-25T02:28:50.000000Z' };
    const record = createAuditRecord({ type: 'k8s.request', source: 's', key: '-/-', data }, deps);
    expect(record.data.requestReceivedTimestamp).toBe('2025-11-25T02:28:50.000000Z');
  });
});
