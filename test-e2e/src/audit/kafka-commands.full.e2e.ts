import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { consumeKafkaAudit, createKafkaAuditSink, sampleAuditRecord, type KafkaConfig } from '@sallyport/audit-log';
import { createCertificateAuthority, startBed, type Bed } from '@sallyport/bed';
import { createLogger } from '@sallyport/kit';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { readPage } from '../docs/read-page.ts';
import { eventually, runCommand } from '../harness/index.ts';

const topic = 'sallyport.audit.v1';
const passwords = { 'sallyport-gateway': 'gateway-planted-1', 'sallyport-audit': 'audit-planted-2' };
const adminPassword = 'admin-planted-3';
const logger = createLogger({ service: 'test', level: 'silent' });

/** What the scripts of the distribution start. They are not on Maven's repository, only their programs are. */
const scripts = {
  'kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
  'kafka-acls.sh': 'org.apache.kafka.tools.AclCommand',
  'kafka-configs.sh': 'kafka.admin.ConfigCommand',
};

let bed: Bed;
let directory: string;
let caFile: string;
const opened: { close(): Promise<void> }[] = [];

function writeFiles(): void {
  const bin = path.join(directory, 'bin');
  mkdirSync(bin);
  for (const [name, program] of Object.entries(scripts)) {
    const jars = path.join(bed.programs['kafka-tools']!, '*');
    const line = `exec '${bed.programs.java!}' -Xmx128m -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp '${jars}' ${program} "$@"`;
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required';
  writeFileSync(
    path.join(directory, 'admin.properties'),
    [
      'security.protocol=SASL_SSL',
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${caFile}`,
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=${login} username="admin" password="${adminPassword}";`,
    ].join('\n'),
  );
  for (const [user, password] of Object.entries(passwords))
    writeFileSync(path.join(directory, `${user}.scram`), `SCRAM-SHA-512=password=${password}\n`);
}

beforeAll(async () => {
  const authority = await createCertificateAuthority({ name: 'kafka' });
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-kafka-'));
  caFile = path.join(directory, 'ca.crt');
  writeFileSync(caFile, authority.caPem);
  const certificate = await authority.issue({ commonName: 'kafka', ipAddresses: ['127.0.0.1'] });
  bed = await startBed({
    need: ['kafka-brokers', 'kafka-tools'],
    kafkaSecurity: { certificate, users: { admin: adminPassword } },
  });
  if (bed.missing.length > 0) throw new Error(`not available: ${JSON.stringify(bed.missing)}`);
  writeFiles();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await bed?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const configOf = (username: keyof typeof passwords): KafkaConfig => ({
  brokers: bed.kafkaCluster!.secureBrokers,
  topic,
  tls: { caFile },
  sasl: { mechanism: 'scram-sha-512', username, password: passwords[username] },
});

describe('the commands of docs/audit-delivery.md', () => {
  it('create the topic, the users and their rights as written', async () => {
    const commands = readPage('docs/audit-delivery.md').filter(({ language }) => language === 'sh');
    const all = commands.map(({ text }) => text).join('\n');
    for (const script of Object.keys(scripts)) expect(all).toContain(script);
    // The value that a reader sets is that of this test.
    const script = all.replaceAll(/^export .*$/gm, '');
    const env = {
      KAFKA: bed.kafkaCluster!.secureBrokers[0]!,
      PATH: `${path.join(directory, 'bin')}:${process.env['PATH'] ?? ''}`,
    };
    const { code, stderr } = await runCommand('bash', ['-c', `set -euo pipefail\n${script}`], {
      cwd: directory,
      env,
      timeoutMs: 170_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

    const admin = new Kafka({ brokers: bed.kafkaCluster!.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]!.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3, 3, 3, 3, 3]);
    const names = ['min.insync.replicas', 'retention.ms', 'cleanup.policy'];
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: names }],
    });
    expect(Object.fromEntries(resources[0]!.configEntries.map((one) => [one.configName, one.configValue]))).toEqual({
      'min.insync.replicas': '2',
      'retention.ms': '7776000000',
      'cleanup.policy': 'delete',
    });
    await admin.disconnect();
  });

  it('are all that the services need: one user writes, the other reads, and neither can do more', async () => {
    const sink = createKafkaAuditSink({
      service: 'test',
      kafka: configOf('sallyport-gateway'),
      logger,
      now: Date.now,
    });
    opened.push(sink);
    const record = sampleAuditRecord();
    await eventually('an acknowledgement', () => sink.publish(record).then(() => true as const));
    const received: string[] = [];
    opened.push(
      consumeKafkaAudit({
        kafka: configOf('sallyport-audit'),
        groupId: `sallyport-audit.${topic}`,
        logger,
        now: Date.now,
        onRecords: async (records) => void received.push(...records.map(({ id }) => id)),
      }),
    );
    await eventually('the event', () => received.includes(record.id));
    const wrong = createKafkaAuditSink({ service: 'test', kafka: configOf('sallyport-audit'), logger, now: Date.now });
    opened.push(wrong);
    await expect(wrong.publish(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable' });
  });
});
