import { describe, expect, it } from '@jest/globals';
import { createAuditRecord, createKafkaAuditSink } from '@sallyport/audit-log';
import type { AuditEvent, CheckAnswer } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import type { ClusterExchange, Exchange, WebExchange } from '../exchange/exchange.ts';
import { createAuditTrail } from './audit-trail.ts';

const now = () => 1_700_000_000_000;

/** Records the end of these exchanges in one trail, and returns the events as they go to Kafka. */
async function eventsOf(exchanges: readonly Exchange[]) {
  const values: string[] = [];
  const sink = createKafkaAuditSink({
    service: 'proxy',
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    now,
    kafka: { brokers: ['127.0.0.1:1'], topic: 't' } as never,
    sender: {
      send: async (messages) => void values.push(...messages.map(({ value }) => String(value))),
      opened: Promise.resolve(),
      ping: async () => {},
      close: async () => {},
    },
  });
  const trail = createAuditTrail({
    sink,
    settings: {
      execCommand: 'hashed',
      omitStages: [],
      whenUnavailable: { write: 'spool', exec: 'spool', secretRead: 'spool', read: 'spool' },
    },
    ids: { take: () => undefined },
    hashKey: Buffer.from('k'),
    microTime: () => 'at a time',
    createRecord: (about) => createAuditRecord(about, { now, randomId: () => 'id-1' }),
  });
  for (const exchange of exchanges) trail.answered(exchange);
  await sink.close();
  return values.slice(0, exchanges.length).map((value) => {
    const { sallyport, ...event } = JSON.parse(value) as AuditEvent;
    const { producer: _producer, seq: _seq, prevHash: _prevHash, hash: _hash, ...part } = sallyport;
    return { ...event, sallyport: part };
  });
}

const answer = {
  decision: { effect: 'allow', rule: 'rules[0]', ruleName: 'devs', reasons: ['groups-ok'], policyVersion: 'v1' },
  session: { id: 's', kind: 'cli', expiresAt: 1 },
  identity: {
    provider: 'corp',
    issuer: 'https://idp.example.com',
    subject: 'alice',
    user: 'alice@example.com',
    email: 'alice@example.com',
    groups: ['developers', 'on-call'],
    amr: ['pwd'],
    authTime: 1,
  },
  impersonation: {
    user: 'alice@example.com',
    uid: 'u-alice',
    groups: ['developers', 'system:authenticated'],
    extra: { 'sallyport.dev/session': ['s'] },
    droppedGroups: ['on-call'],
  },
} as unknown as Required<CheckAnswer>;
const exchangeOf = (changed: Partial<CheckAnswer> = {}, more: Partial<ClusterExchange> = {}): ClusterExchange =>
  ({
    kind: 'cluster',
    auditId: 'audit-1',
    receivedAt: 0,
    request: { method: 'GET' },
    rawTarget: '/api/v1/pods',
    clientAddress: '10.0.0.1',
    clusterName: 'dev',
    upstream: { name: 'dev' },
    tokenHash: 'h',
    statusCode: 200,
    headers: { userAgent: 'kubectl' },
    answer: { ...answer, ...changed },
    ...more,
  }) as unknown as ClusterExchange;

const bob = { ...answer.identity, subject: 'bob', user: 'bob@example.com', email: 'bob@example.com' };
const withGroups = (groups: string[]) => ({
  identity: { ...answer.identity, groups },
  impersonation: { ...answer.impersonation, groups },
});
const elevation = { id: 'e', name: 'admin', expiresAt: 1, approvers: ['carol'] };

describe('an event of a session', () => {
  it.each<[string, Exchange]>([
    [
      'another session with the same id',
      exchangeOf({ identity: bob, impersonation: { ...answer.impersonation, user: bob.user, uid: 'u-bob' } }),
    ],
    ['the session before it lost a group', exchangeOf(withGroups(['developers']))],
    ['the session before its groups came in another order', exchangeOf(withGroups(['on-call', 'developers']))],
    [
      'the session with other claims',
      exchangeOf({ identity: { ...answer.identity, amr: ['pwd', 'otp'], authTime: 2 } }),
    ],
    ['a rule with another name', exchangeOf({ decision: { ...answer.decision, ruleName: 'developers' } })],
    ['another version of the policy', exchangeOf({ decision: { ...answer.decision, policyVersion: 'v2' } })],
    ['another rule', exchangeOf({ decision: { ...answer.decision, rule: 'rules[1]', effect: 'deny' } })],
    ['an elevation', exchangeOf({ elevations: [elevation] })],
    ['an agent', exchangeOf({ agent: { id: 'a', name: 'robot' } })],
    ['the identity that it acts as', exchangeOf({ actsAs: { ...answer.impersonation, user: 'carol' } })],
    ['another cluster', exchangeOf({}, { clusterName: 'prod' })],
    ['an unknown cluster', exchangeOf({}, { clusterName: 'prod', upstream: undefined })],
    ['a web application that acts for it', exchangeOf({}, { application: 'https://app.example.com' })],
    ['another address', exchangeOf({}, { clientAddress: '10.0.0.2' })],
    [
      'a web application of the same name',
      {
        ...exchangeOf(),
        kind: 'application',
        upstream: { host: 'dev', origin: 'https://dev' },
      } as unknown as WebExchange,
    ],
    ['a request without a session', exchangeOf({ session: undefined })],
    ['a request without a login', exchangeOf({}, { answer: undefined, tokenHash: undefined })],
  ])('has nothing of %s', async (_what, other) => {
    const [first] = await eventsOf([exchangeOf()]);
    const [second] = await eventsOf([other]);
    expect(second).not.toEqual(first);
    expect(await eventsOf([exchangeOf(), other, exchangeOf(), other, other, exchangeOf()])).toEqual([
      first,
      second,
      first,
      second,
      second,
      first,
    ]);
  });

  it('has the hash of a token in place of it, however often the client sends it', async () => {
    const token = `spt_${'a'.repeat(43)}`;
    const exchange = exchangeOf({}, { clusterName: token, application: `https://x/${token}` });
    const events = await eventsOf([exchange, exchange]);
    expect(JSON.stringify(events)).not.toContain(token);
    for (const { sallyport } of events) expect(sallyport.cluster?.name).toMatch(/^spt_\[redacted/);
  });
});
