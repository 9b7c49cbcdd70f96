import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { consumeKafkaAudit, createKafkaAuditSink, sampleAuditRecord, type KafkaConfig } from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import { eventually } from '../harness/index.ts';
import { allow, startSecureBroker, type SecureBroker } from './secure-broker.ts';

const topic = 'sallyport.audit.v1';
const group = `sallyport-audit.${topic}`;
const users = { gateway: 'gateway-planted-1', trail: 'trail-planted-2', siem: 'siem-planted-3' };

let broker: SecureBroker;
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

type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

function configOf(username: keyof typeof users, mechanism: Mechanism = 'scram-sha-512'): KafkaConfig {
  const { brokers, caFile } = broker;
  return { brokers, topic, tls: { caFile }, sasl: { mechanism, username, password: users[username] } };
}

const createSink = (kafka: KafkaConfig, publishTimeoutMs?: number) =>
  keep(createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs }));
const publish = (kafka: KafkaConfig, record: AuditRecord) => createSink(kafka).publish(record);
const logged = (pattern: RegExp) =>
  eventually(
    `${pattern} in the log`,
    () => lines.some((line) => pattern.test(line)),
    undefined,
    () => `\n${lines.slice(-20).join('')}`,
  );

beforeAll(async () => {
  broker = await startSecureBroker({ users, need: ['kcat'] });
  await allow(broker, topic, [
    ['gateway', { topic }, 'write'],
    ['trail', { topic }, 'read'],
    ['trail', { group }, 'read'],
    ['siem', { topic }, 'read'],
  ]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(() => broker?.stop());

describe('Kafka with TLS, logins and rights', () => {
  it.each<Mechanism>(['scram-sha-512', 'scram-sha-256', 'plain'])(
    'carries events from a gateway that may only write to an audit service that may only read (%s)',
    async (mechanism) => {
      const sent = Array.from({ length: 40 }, () => sampleAuditRecord({ session: mechanism }));
      const received: AuditRecord[] = [];
      const sink = createSink(configOf('gateway', mechanism), 30_000);
      await eventually('the topic', () => sink.publish(sent[0]!).then(() => true));
      await Promise.all(sent.slice(1).map((record) => sink.publish(record)));
      keep(
        consumeKafkaAudit({
          kafka: configOf('trail', mechanism),
          groupId: group,
          logger,
          now: Date.now,
          onRecords: async (records) => void received.push(...records),
        }),
      );
      const ids = () => new Set(received.filter(({ key }) => key === `dev/${mechanism}`).map(({ id }) => id));
      await eventually('all events', () => ids().size === sent.length);
      expect(ids()).toEqual(new Set(sent.map(({ id }) => id)));
    },
  );

  it('lets a foreign consumer read key, headers and value', async () => {
    const record = sampleAuditRecord({ session: 'foreign' });
    await createSink(configOf('gateway'), 30_000).publish(record);
    const { stdout } = await promisify(execFile)(
      broker.bed.programs.kcat!,
      // librdkafka before 2.6.1 sends a wrong nonce with SCRAM, which newer brokers refuse. Debian has such a version.
      ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-J', '-b', broker.brokers.join(',')].concat(
        [
          'security.protocol=SASL_SSL',
          `ssl.ca.location=${broker.caFile}`,
          'sasl.mechanism=PLAIN',
          'sasl.username=siem',
          `sasl.password=${users.siem}`,
        ].flatMap((setting) => ['-X', setting]),
      ),
      { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 },
    );
    const messages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; headers: string[]; payload: string });
    const found = messages.find(({ headers }) => headers[headers.indexOf('ce_id') + 1] === record.id)!;
    expect(found.key).toBe('dev/foreign');
    const headers = Object.fromEntries(
      found.headers.flatMap((name, at) => (at % 2 === 0 ? [[name, found.headers[at + 1]]] : [])),
    );
    expect(headers).toMatchObject({ ce_type: record.type, ce_source: record.source, ce_time: record.time });
    expect(JSON.parse(found.payload)).toMatchObject({ auditID: record.data.auditID, verb: 'list' });
  });

  it('refuses a wrong password, a foreign CA and a missing right, and the log says what to do', async () => {
    const gateway = configOf('gateway');
    const wrong: KafkaConfig = { ...gateway, sasl: { ...gateway.sasl!, password: 'wrong-planted-4' } as never };
    await expect(publish(wrong, sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    await logged(/Check audit\.kafka\.sasl/);

    const foreign: KafkaConfig = { ...gateway, tls: { caFile: broker.foreignCaFile } };
    await expect(publish(foreign, sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    await logged(/UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. Check audit\.kafka\.brokers and audit\.kafka\.tls\.caFile/);

    await expect(publish(configOf('siem'), sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
    await logged(/Allow User:siem the operations Write and Describe on the topic/);

    keep(
      consumeKafkaAudit({
        kafka: configOf('siem'),
        groupId: group,
        logger,
        now: Date.now,
        onRecords: async () => undefined,
      }),
    );
    await logged(/allow User:siem the operation Read on the group/);
  });

  it('leaves no password in the log', () => {
    expect(lines.length).toBeGreaterThan(10);
    for (const secret of [...Object.values(users), 'wrong-planted-4']) expect(lines.join('')).not.toContain(secret);
  });
});
