import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesPattern } from '../match/is-ignored.ts';
import { readClusterEvent } from './read-cluster-event.ts';

const event = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'RequestResponse',
  auditID: 'a',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/dev/secrets/x?timeout=30s',
  verb: 'get',
  user: { username: 'admin', groups: ['system:masters'], extra: { token: ['planted'] } },
  requestReceivedTimestamp: '2026-11-27T00:18:43.592117Z',
  stageTimestamp: '2026-11-27T00:18:43.592117Z',
};
const read = (changes: Record<string, unknown>) => readClusterEvent({ ...event, ...changes });
const jwt = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;

describe("the reader of a cluster's events", () => {
  it('keeps nothing in which secrets travel', () => {
    const kept = read({
      requestObject: { data: { password: 'planted' } },
      responseObject: { data: { password: 'planted' } },
      annotations: { 'patch.webhook.admission.k8s.io/round_0': 'planted', 'authorization.k8s.io/decision': 'allow' },
      requestURI: `/api/v1/x?token=planted&access%5ftoken=planted&command=planted&container=app&a=${jwt}`,
      userAgent: `curl ${jwt}`,
      responseStatus: { code: 403, message: `bad ${jwt}`, details: { name: 'planted' } },
    });
    expect(JSON.stringify(kept)).not.toMatch(/planted|eyJ/);
    expect(kept).toMatchObject({
      requestURI: '/api/v1/x?token=[redacted]&access%5ftoken=[redacted]&container=app&a=[redacted]',
      annotations: { 'authorization.k8s.io/decision': 'allow' },
    });
  });

  it.each([
    ['no id', { auditID: '' }],
    ['a long id', { auditID: 'a'.repeat(65) }],
    ['an unknown stage', { stage: 'Later' }],
    ['no level', { level: 'None' }],
    ['no time', { stageTimestamp: 'yesterday' }],
    ['a day that does not exist', { stageTimestamp: '2026-02-30T00:00:00Z' }],
    ['an hour that does not exist', { requestReceivedTimestamp: '2026-02-03T24:00:00Z' }],
    ['an offset that does not exist', { requestReceivedTimestamp: '2026-02-03T00:00:00+24:00' }],
    ['the year 0', { requestReceivedTimestamp: '0000-02-03T00:00:00Z' }],
    ['a year after 9999', { requestReceivedTimestamp: '9999-12-31T23:59:59-01:00' }],
    ['a user that is no object', { user: 'admin' }],
    ['groups that are no list', { user: { username: 'a', groups: 'system:masters' } }],
    ['a group that is no text', { user: { username: 'a', groups: [1] } }],
    ['an impersonated user that is none', { impersonatedUser: [] }],
    ['another kind', { kind: 'Pod' }],
  ])('refuses an event with %s', (_what, changes) => {
    expect(read(changes)).toBeUndefined();
  });

  it.each([
    ['2026-11-27T23:59:00+23:59', '2026-11-27T00:00:00.000000Z'],
    ['2026-02-28T23:00:00.5-02:00', '2026-03-01T01:00:00.500000Z'],
    ['1969-12-31T23:59:59.1234567Z', '1969-12-31T23:59:59.123456Z'],
    ['2026-11-27T00:18:43.592117Z', '2026-11-27T00:18:43.592117Z'],
  ])('writes times in UTC with microseconds: %s', (time, expected) => {
    expect(read({ stageTimestamp: time, requestReceivedTimestamp: time })).toMatchObject({
      stageTimestamp: expected,
      requestReceivedTimestamp: expected,
    });
  });

  it.each([
    ['/api/v1/nodes/n/proxy/run/d/w/c%3Fcmd=planted', '/api/v1/nodes/n/proxy/run/d/w/c[redacted]'],
    ['/api/v1/nodes/n/proxy/run/d/w/c%3Fcmd=planted?a=1', '/api/v1/nodes/n/proxy/run/d/w/c[redacted]?a=1'],
    ['/api/v1/nodes/n/proxy/run/d/w/c?a=1;cmd=planted&b=2', '/api/v1/nodes/n/proxy/run/d/w/c?b=2'],
    ['/api/v1/nodes/n/proxy/run/d/w/c?%2563md=planted', '/api/v1/nodes/n/proxy/run/d/w/c'],
  ])('has no command, however %s spells it', (requestURI, shown) => {
    expect(read({ requestURI })!.requestURI).toBe(shown);
  });

  it.each([
    ['an address', { requestURI: `/api/v1/secrets?x=${'a'.repeat(900_000)}` }],
    ['a method', { verb: 'x'.repeat(10_000) }],
    ['a name', { user: { username: 'x'.repeat(10_000) } }],
    ['groups', { impersonatedUser: { username: 'a', groups: Array.from({ length: 9000 }, () => 'g'.repeat(2000)) } }],
    ['a resource', { objectRef: { resource: 'secrets', name: 'x'.repeat(10_000) } }],
  ])('reads an event whatever length the client gave %s, so that none can hide', (_what, changes) => {
    const event = read(changes)!;
    expect(event).toMatchObject({ auditID: 'a' });
    expect(JSON.stringify(event).length).toBeLessThan(2_100_000);
  });

  it('bounds what it keeps, and never throws', () => {
    const long = read({
      requestURI: `/${'x'.repeat(200_000)}`,
      userAgent: 'y'.repeat(200_000),
      annotations: Object.fromEntries(
        Array.from({ length: 500 }, (_, i) => [`authorization.k8s.io/a${'b'.repeat(i)}`, 'c']),
      ),
    });
    expect(JSON.stringify(long).length).toBeLessThan(6000);
    fc.assert(
      fc.property(fc.record({ a: fc.anything(), b: fc.anything() }), ({ a, b }) => {
        readClusterEvent(a);
        read({ user: a, objectRef: b, responseStatus: a, annotations: b, sourceIPs: a });
      }),
    );
  });
});

describe('a pattern', () => {
  it.each([
    ['system:node:a', 'system:*', true],
    ['System:node', 'system:*', false],
    ['my-system:a', 'system:*', false],
    ['aba', '*a*b*a*', true],
    ['ab', 'ab*b', false],
    ['a.b', 'a?b', false],
    ['', '*', true],
  ])('%s matches %s: %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });
});
