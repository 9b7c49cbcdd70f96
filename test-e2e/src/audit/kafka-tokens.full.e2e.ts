import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { consumeKafkaAudit, createKafkaAuditSink, sampleAuditRecord, type KafkaConfig } from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import { eventually } from '../harness/index.ts';
import { allow, startSecureBroker, type SecureBroker } from './secure-broker.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

const topic = 'sallyport.audit.v1';
const group = `sallyport-audit.${topic}`;
const secrets = { gateway: 'gateway-planted-1', trail: 'trail-planted-2', stranger: 'stranger-planted-3' };

let broker: SecureBroker;
let issuer: TokenIssuer;
const lines: string[] = [];
const logger = createLogger({
  service: 'test',
  level: 'trace',
  destination: { write: (line) => void lines.push(line) },
});
const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(one: T): T => {
  opened.push(one);
  return one;
};
const logged = (pattern: RegExp) =>
  eventually(
    `a line of the log with ${String(pattern)}`,
    () => lines.find((line) => pattern.test(line)),
    30_000,
    () => lines.slice(-20).join(''),
  );

type Login = Extract<NonNullable<KafkaConfig['sasl']>, { mechanism: 'oauthbearer' }>;

function configOf(clientId: keyof typeof secrets, more: Partial<Login> = {}): KafkaConfig {
  const { brokers, caFile } = broker;
  const { tokenUrl } = issuer;
  return {
    brokers,
    topic,
    tls: { caFile },
    sasl: {
      mechanism: 'oauthbearer',
      tokenUrl,
      clientId,
      clientSecret: secrets[clientId],
      clientAuth: 'basic',
      extensions: {},
      caFile,
      ...more,
    },
  };
}
const createSink = (kafka: KafkaConfig, publishTimeoutMs?: number) =>
  keep(createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs }));
/** The first login and the first record of a partition can take longer than a request waits. */
const acknowledged = (publish: () => Promise<void>) =>
  eventually('an acknowledgement', () => publish().then(() => true as const));
const refusedWith = async (kafka: KafkaConfig, pattern: RegExp): Promise<void> => {
  await expect(createSink(kafka).publish(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
  await logged(pattern);
};

/** Consumes as the audit service does. Returns the ids of a session, each as often as it came. */
function consume(session: string): () => string[] {
  const received: AuditRecord[] = [];
  const onRecords = async (records: readonly AuditRecord[]) => void received.push(...records);
  keep(consumeKafkaAudit({ kafka: configOf('trail'), groupId: group, logger, now: Date.now, onRecords }));
  return () => received.filter(({ key }) => key === `dev/${session}`).map(({ id }) => id);
}

beforeAll(async () => {
  broker = await startSecureBroker({
    users: {},
    async tokens(issue) {
      issuer = await startTokenIssuer(await issue('issuer'), secrets);
      return { issuer: issuer.issuer, audience: 'kafka', jwksUrl: issuer.jwksUrl };
    },
  });
  await allow(broker, topic, [
    ['gateway', { topic }, 'write'],
    ['trail', { topic }, 'read'],
    ['trail', { group }, 'read'],
  ]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  issuer.lifetimeSeconds = 300;
  issuer.audience = 'kafka';
});
afterAll(async () => {
  await broker?.stop();
  await issuer?.close();
});

describe('Kafka with tokens of OAuth', () => {
  it('carries events, with one token for all connections of a service', async () => {
    const sent = Array.from({ length: 40 }, () => sampleAuditRecord({ session: 'tokens' }));
    const sink = createSink(configOf('gateway'), 30_000);
    await acknowledged(() => sink.publish(sent[0]!));
    await Promise.all(sent.slice(1).map((record) => sink.publish(record)));
    const received = consume('tokens');
    await eventually('the events', () => (received().length >= sent.length ? true : undefined));
    expect(new Set(received())).toEqual(new Set(sent.map(({ id }) => id)));
    expect(Object.fromEntries(issuer.requests)).toEqual({ gateway: 1, trail: 1 });
  });

  it('goes on without a pause when tokens and with them the sessions of the connections expire', async () => {
    issuer.lifetimeSeconds = 8;
    issuer.requests.clear();
    const sink = createSink(configOf('gateway'), 30_000);
    const received = consume('expiry');
    const first = sampleAuditRecord({ session: 'expiry' });
    await acknowledged(() => sink.publish(first));
    const sent: string[] = [first.id];
    const began = Date.now();
    while (Date.now() < began + 18_000) {
      const record = sampleAuditRecord({ session: 'expiry' });
      await sink.publish(record);
      sent.push(record.id);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await eventually('the events', () => (received().length >= sent.length ? true : undefined));
    expect(received()).toEqual(sent);
    // Every session is one of at least five and at most eight seconds.
    const most = Math.ceil((Date.now() - began) / 5000) + 2;
    for (const client of ['gateway', 'trail']) {
      expect(issuer.requests.get(client)).toBeGreaterThanOrEqual(3);
      expect(issuer.requests.get(client)).toBeLessThanOrEqual(most);
    }
  });

  it('says what to do about a token that it cannot get', async () => {
    await refusedWith(
      configOf('gateway', { clientSecret: 'wrong-planted-4' }),
      /refuses this client \(invalid_client\)\. Check audit\.kafka\.sasl: clientId, clientSecret/,
    );
    await refusedWith(
      configOf('gateway', { caFile: broker.foreignCaFile }),
      /certificate that is not valid .*UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. Check audit\.kafka\.sasl: tokenUrl and caFile/,
    );
    await refusedWith(
      configOf('gateway', { tokenUrl: 'https://127.0.0.1:1/token' }),
      /cannot be reached \(ECONNREFUSED\)\. Check audit\.kafka\.sasl\.tokenUrl/,
    );
  });

  it('says what to do about a token that the broker refuses, and about a missing right', async () => {
    issuer.audience = 'another';
    issuer.requests.clear();
    await refusedWith(configOf('gateway'), /Kafka refuses the token \(invalid_token\)\. Check audit\.kafka\.sasl/);
    // It is not sent again and again, and the issuer is not asked without a limit either.
    expect(issuer.requests.get('gateway')).toBeLessThan(20);
    issuer.audience = 'kafka';
    await refusedWith(configOf('stranger'), /Allow the user that the token of stranger names .* Write and Describe/);
  });

  it('leaves no secret and no token in the log', () => {
    expect([lines.length > 10, issuer.issued.length > 5]).toEqual([true, true]);
    for (const secret of [...Object.values(secrets), 'wrong-planted-4', ...issuer.issued])
      expect(lines.join('')).not.toContain(secret);
  });
});
