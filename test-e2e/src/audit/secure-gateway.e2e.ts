import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import {
  describeWith,
  runCommand,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { allow, startSecureBroker, type SecureBroker } from './secure-broker.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const topic = `sallyport.secure.${crypto.randomUUID()}`;
const group = `sallyport-audit.${topic}`;
const users = { sallyport: 'sallyport-planted-1', siem: 'siem-planted-2', stranger: 'stranger-planted-3' };

type Report = { events: number; faults: number; types: Record<string, number> };

describeWith(['redis', 'postgres', 'kubectl'], 'a gateway whose Kafka expects TLS and SCRAM', () => {
  let broker: SecureBroker;
  let practice: PracticeAccess;
  let gateway: Gateway;

  /** Writes the settings of a client on librdkafka (confluent-kafka, kcat) or on Java. */
  const settingsOf = (user: keyof typeof users, kind: 'librdkafka' | 'java'): string => {
    const file = path.join(broker.directory, `${user}-${kind}.properties`);
    const common = ['security.protocol=SASL_SSL', 'sasl.mechanism=SCRAM-SHA-512'];
    const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${users[user]}";`;
    const own =
      kind === 'java'
        ? [`ssl.truststore.type=PEM`, `ssl.truststore.location=${broker.caFile}`, `sasl.jaas.config=${login}`]
        : [
            `bootstrap.servers=${broker.brokers.join(',')}`,
            `ssl.ca.location=${broker.caFile}`,
            `sasl.username=${user}`,
            `sasl.password=${users[user]}`,
          ];
    writeFileSync(file, `${[...common, ...own].join('\n')}\n`, { mode: 0o600 });
    return file;
  };
  const validate = (user: keyof typeof users) =>
    runCommand(
      broker.bed.programs['kafka-clients']!,
      ['docs/examples/audit-consumers/validate.py', settingsOf(user, 'librdkafka'), topic],
      { cwd: root },
    );
  const consoleConsumer = (count: number) =>
    runCommand(
      broker.bed.programs.java!,
      [
        '-XX:TieredStopAtLevel=1',
        '-cp',
        path.join(broker.bed.programs['kafka-tools']!, '*'),
        'org.apache.kafka.tools.consumer.ConsoleConsumer',
        '--bootstrap-server',
        broker.brokers[0]!,
        '--command-config',
        settingsOf('siem', 'java'),
        '--topic',
        topic,
        '--group',
        'siem',
        '--from-beginning',
        '--max-messages',
        String(count),
        '--timeout-ms',
        '30000',
        '--formatter-property',
        'print.headers=true',
        '--formatter-property',
        'print.key=true',
      ],
      { timeoutMs: 90_000 },
    );

  beforeAll(async () => {
    broker = await startSecureBroker({ users, need: ['kafka-clients', 'kafka-tools'] });
    await allow(broker, topic, [
      ['sallyport', { topic }, 'write'],
      ['sallyport', { topic }, 'read'],
      ['sallyport', { group }, 'read'],
      ['siem', { topic }, 'read'],
      ['siem', { group: 'siem' }, 'read'],
    ]);
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      servers: {
        // The test itself reads on the listener without a login.
        kafka: broker.bed.kafka!.brokers,
        topic,
        kafkaLogin: {
          brokers: broker.brokers,
          tls: { caFile: broker.caFile },
          sasl: { mechanism: 'scram-sha-512', username: 'sallyport', password: users.sallyport },
        },
      },
    });
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
    await broker?.stop();
  });

  it('records a login, a read, a write, an exec and a logout', async () => {
    const alice = await gateway.person('alice@example.com');
    const inside = ['-n', 'dev'];
    const pod = (await alice.kubectl(['get', 'pods', ...inside, '-o', 'name'])).split('\n')[0]!;
    await alice.kubectl(['create', 'configmap', 'secure', '--from-literal=a=b', ...inside]);
    const echoed = await alice.tryKubectl(['exec', '-i', pod, ...inside, '--', 'cat'], { input: 'over kafka' });
    expect(echoed).toMatchObject({ code: 0, stdout: 'over kafka' });
    expect(await alice.cli(['logout'])).toMatchObject({ code: 0 });
    await gateway.audit.await({ verb: 'create', resource: 'configmaps', stage: 'ResponseComplete' });
    await gateway.audit.await({ subresource: 'exec', stage: 'ResponseComplete' });
    await gateway.audit.await({ type: 'session.login' });
    await gateway.audit.await(({ type }) => type === 'session.revoked' || type === 'session.ended');
  });

  it('stores the events in the audit service, which reads with the same login', async () => {
    const carol = await gateway.person('carol@example.com');
    const { code, stdout } = await carol.cli(['audit', 'search', '--verb', 'create', '-o', 'json']);
    expect([code, stdout.includes('"configmaps"')]).toEqual([0, true]);
  });

  it('lets a foreign consumer with the right to read validate every event, with schemas and validators of others', async () => {
    const { code, stdout, stderr } = await validate('siem');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as Report;
    process.stderr.write(`secure gateway: ${stdout}`);
    expect(report.faults).toBe(0);
    expect(Object.keys(report.types)).toEqual(
      expect.arrayContaining(['k8s.request', 'session.login', 'stream.opened', 'stream.closed', 'policy.changed']),
    );
    expect(report.events).toBeGreaterThanOrEqual(10);
    const again = await consoleConsumer(report.events);
    const lines = again.stdout.trim().split('\n');
    expect([again.code, lines.length]).toEqual([0, report.events]);
    expect(lines.every((line) => /ce_id:\S+.*ce_specversion:1\.0/.test(line))).toBe(true);
  });

  it('shows nothing to a user without the right, and no password to anyone', async () => {
    const { code, stderr } = await validate('stranger');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/TOPIC_AUTHORIZATION_FAILED|authorization failed/i);
    for (const name of ['proxy', 'authenticate', 'authorize', 'audit'] as const) {
      const log = await runCommand('cat', [gateway.processes!.logFile(name)]);
      for (const password of Object.values(users)) expect(log.stdout).not.toContain(password);
    }
  });

  it('the validator finds an event that differs from the schemas', async () => {
    const producer = new Kafka({ brokers: broker.bed.kafka!.brokers, logLevel: logLevel.NOTHING }).producer();
    const other = `${topic}.faulty`;
    await allow(broker, other, [['siem', { topic: other }, 'read']]);
    await producer.connect();
    const headers = { ce_id: '1', ce_type: 'k8s.request', ce_source: 's', ce_time: 'yesterday', ce_specversion: '1.0' };
    await producer.send({
      topic: other,
      messages: [{ key: 'a/b', headers, value: '{"kind":"Event","stage":"Never"}' }],
    });
    await producer.disconnect();
    const { code, stdout, stderr } = await runCommand(
      broker.bed.programs['kafka-clients']!,
      ['docs/examples/audit-consumers/validate.py', settingsOf('siem', 'librdkafka'), other],
      { cwd: root },
    );
    expect([code, (JSON.parse(stdout) as Report).events]).toEqual([1, 1]);
    expect(stderr).toContain("'Never' is not one of");
    expect(stderr).toContain("'yesterday'");
  });
});
