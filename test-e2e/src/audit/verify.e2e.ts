import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createNdjsonTap } from '@sallyport/audit';
import { consumeKafkaAudit, readKafkaAudit, type AuditTopicMessage } from '@sallyport/audit-log';
import { createTopic } from '@sallyport/audit-log/testing';
import { createSealer, readCheckpointKeys, signCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { Kafka, logLevel } from 'kafkajs';
import { parse, stringify } from 'yaml';
import { readPage } from '../docs/read-page.ts';
import {
  describeWith,
  eventually,
  runCommand,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

type Fault = { kind: string; producer?: string; seq?: number; to?: number; id?: string; place?: object };
type Report = {
  faults: Fault[];
  faultCount: number;
  events: number;
  unchained: number;
  checkpoints: { count: number };
};
type Line = AuditRecord['data'] & { cloudEvent: Omit<AuditRecord, 'data'> };

const logger = createLogger({ service: 'test', level: 'silent' });

describeWith(['redis', 'kafka', 'postgres'], 'the verification of a real trail', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  let directory: string;
  let messages: AuditTopicMessage[] = [];
  let [written, lines]: [string[], string[]] = [[], []];
  const file = (name: string) => path.join(directory, name);
  const cli = async (...args: string[]) => (await gateway.person('alice@example.com')).cli(args);
  const verify = async (...args: string[]): Promise<Report & { code: number }> => {
    const { code, stdout, stderr } = await cli('audit', 'verify', '-o', 'json', '--keys', file('keys.json'), ...args);
    if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
    return { code, ...(JSON.parse(stdout) as Report) };
  };
  const readAll = async (topic: string): Promise<AuditTopicMessage[]> => {
    const found: AuditTopicMessage[] = [];
    const onMessages = (more: readonly AuditTopicMessage[]) => void found.push(...more);
    await readKafkaAudit({ kafka: { brokers: gateway.kafka!.brokers, topic }, onMessages });
    return found;
  };
  const parsed = (): Line[] => lines.map((line) => JSON.parse(line) as Line);
  const named = ({ sallyport: { producer, seq }, cloudEvent: { id } }: Line) => ({ producer, seq, id });
  /** Verifies a copy of the file, with the checkpoints of the second place. */
  const found = async (changed: readonly string[], ...args: string[]): Promise<Fault[]> => {
    writeFileSync(file('copy.ndjson'), changed.map((line) => `${line}\n`).join(''));
    const { code, faults } = await verify('--file', file('copy.ndjson'), '--anchor', file('anchor.ndjson'), ...args);
    expect(code).toBe(faults.length === 0 ? 0 : 1);
    return faults;
  };

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      audit: { omitStages: [], checkpoints: { every: '1s', anchor: { file: './checkpoints.ndjson' } } },
    });
    directory = path.join(gateway.directory, 'verify');
    mkdirSync(directory);
    const ask = async (user: string, where: string) =>
      (await gateway.request(`/clusters/dev${where}`, { token: (await gateway.login(`${user}@example.com`)).token }))
        .status;
    for (let round = 0; round < 10; round += 1) expect(await ask('alice', '/api/v1/namespaces/dev/pods')).toBe(200);
    expect(await ask('mallory', '/api/v1/namespaces/dev/secrets')).toBe(403);
    writeFileSync(file('keys.json'), (await cli('audit', 'keys', '-o', 'json')).stdout);
    const anchor = path.join(gateway.directory, 'checkpoints.ndjson');
    const text = () => (existsSync(anchor) ? readFileSync(anchor, 'utf8') : '');
    const attested = () =>
      Math.max(...[...text().matchAll(/"producer":"proxy\/[^"]+","seq":(\d+)/g)].map(([, seq]) => Number(seq)));
    // Each of the ten requests has two events.
    await eventually(
      'the checkpoints of what the proxy wrote',
      () => text().split('\n').length > 2 && attested() >= 20,
    );
    await gateway.processes!.stop('audit');
    messages = await readAll(gateway.kafka!.topic);
    writeFileSync(file('anchor.ndjson'), readFileSync(anchor));
    const tap = createNdjsonTap({ file: file('audit.ndjson'), anonymousFile: file('audit-anonymous.ndjson') });
    let count = 0;
    const consumer = consumeKafkaAudit({
      kafka: { brokers: gateway.kafka!.brokers, topic: gateway.kafka!.topic },
      groupId: `verify-${crypto.randomUUID()}`,
      logger,
      now: Date.now,
      onRecords: async (records) => {
        await tap(records);
        count += records.length;
      },
    });
    await eventually('the events of the tap', () => count >= messages.length);
    await consumer.close();
    const all = ['audit.ndjson', 'audit-anonymous.ndjson'].filter((name) => existsSync(file(name)));
    written = all.flatMap((name) => readFileSync(file(name), 'utf8').split('\n').filter(Boolean));
    // As the tap of a single process writes them.
    const seqOf = (line: string) => (JSON.parse(line) as Line).sallyport.seq!;
    lines = written.toSorted((one, other) => seqOf(one) - seqOf(other));
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it('finds no fault in the topic, nor in the files of the tap', async () => {
    const topic = await verify('--topic', '--config', gateway.configFile, '--anchor', file('anchor.ndjson'));
    expect(topic).toMatchObject({ code: 0, faults: [], unchained: 0 });
    expect(topic.checkpoints.count).toBeGreaterThanOrEqual(2);
    expect(topic.events).toBeGreaterThan(20);
    expect(await found(lines)).toEqual([]);
    expect(await found(written, '--by-key')).toEqual([]);
  });

  /** Returns the line of an event of the proxy, in the middle of what checkpoints attest. */
  const pick = (): number => {
    const all = parsed();
    const { producer, seq } = all.find(({ verb, stage }) => verb === 'list' && stage === 'ResponseComplete')!.sallyport;
    return all.findIndex(({ sallyport }) => sallyport.producer === producer && sallyport.seq === seq! + 2);
  };

  it('names the event of which a byte was flipped', async () => {
    const at = pick();
    const changed = lines.with(at, lines[at]!.replace('"verb":"', '"verb":"X'));
    expect(await found(changed)).toMatchObject([
      { kind: 'altered', ...named(parsed()[at]!), place: { position: at + 1 } },
    ]);
  });

  it('names the event that was removed, and those that were swapped', async () => {
    const at = pick();
    const { producer, seq } = parsed()[at]!.sallyport;
    expect(await found(lines.toSpliced(at, 1))).toMatchObject([{ kind: 'missing', producer, seq }]);
    const next = parsed().findIndex(({ sallyport }) => sallyport.producer === producer && sallyport.seq === seq! + 1);
    const swapped = lines.with(at, lines[next]!).with(next, lines[at]!);
    expect(await found(swapped)).toMatchObject([{ kind: 'reordered', ...named(parsed()[next]!) }]);
  });

  it('names what was cut off, and a producer that was removed', async () => {
    const proxies = parsed().filter(({ sallyport }) => sallyport.producer.startsWith('proxy/'));
    const { producer } = proxies[0]!.sallyport;
    const middle = proxies[Math.floor(proxies.length / 2)]!.sallyport.seq!;
    const cut = lines.filter((_, index) => {
      const { sallyport } = parsed()[index]!;
      return sallyport.producer !== producer || sallyport.seq! < middle;
    });
    expect(await found(cut)).toMatchObject([{ kind: 'truncated', producer, seq: middle }]);
    const without = lines.filter((line) => (JSON.parse(line) as Line).sallyport.producer !== producer);
    expect(await found(without)).toMatchObject([{ kind: 'producer-missing', producer, seq: 1 }]);
  });

  it('names a checkpoint that another key signed', async () => {
    const at = parsed().findIndex(({ sallyport }) => sallyport.checkpoint?.signature !== undefined);
    const { cloudEvent, ...data } = parsed()[at]!;
    const { number, time, heads, previous } = data.sallyport.checkpoint!;
    const { privateKey } = generateKeyPairSync('ed25519');
    const forged = {
      number: number!,
      time: time!,
      heads: heads!.slice(1),
      ...(previous === undefined ? {} : { previous }),
    };
    data.sallyport.checkpoint = signCheckpoint(forged, privateKey);
    const { producer, seq, prevHash } = data.sallyport;
    createSealer({ producer, head: { seq: seq! - 1, hash: prevHash! } }).seal({ ...cloudEvent, data });
    const faults = await found(lines.with(at, JSON.stringify({ ...data, cloudEvent })));
    expect(faults).toMatchObject([{ kind: 'forged-checkpoint', producer, seq, id: cloudEvent.id }]);
  });

  it('names the event in a copy of the topic', async () => {
    const at = messages.findIndex(({ text }) => text.includes('"verb":"list"'));
    const changed = messages.with(at, {
      ...messages[at]!,
      text: messages[at]!.text.replace('"verb":"list"', '"verb":"get"'),
    });
    const topic = `verify-${crypto.randomUUID()}`;
    const client = new Kafka({ brokers: gateway.kafka!.brokers, logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    const numPartitions = 1 + Math.max(...messages.map(({ partition }) => partition));
    await createTopic(admin, { topic, numPartitions });
    await admin.disconnect();
    // A copy has each message once, also if the broker is slow to answer.
    const producer = client.producer({ idempotent: true });
    await producer.connect();
    await producer.send({
      topic,
      messages: changed.map(({ partition, id, type, time, text }) => ({
        partition,
        value: text,
        headers: { ce_id: id, ce_type: type, ce_time: time },
      })),
    });
    await producer.disconnect();
    const config = parse(readFileSync(gateway.configFile, 'utf8')) as { audit: { kafka: { topic: string } } };
    config.audit.kafka.topic = topic;
    const copy = path.join(gateway.directory, 'copy.yaml');
    writeFileSync(copy, stringify(config));
    const { code, faults } = await verify('--topic', '--config', copy);
    expect(code).toBe(1);
    expect(faults).toMatchObject([{ kind: 'altered', id: messages[at]!.id }]);
  });

  it('can be done by hand, as the page says', async () => {
    const keys = readCheckpointKeys(readFileSync(file('keys.json'), 'utf8'));
    expect(keys.size).toBe(1);
    const pem = readFileSync(path.join(gateway.directory, 'keys/checkpoints.pem'));
    writeFileSync(file('checkpoints.pem'), pem);
    const blocks = readPage('docs/audit-proof.md');
    const script = blocks.find(({ language, text }) => language === 'js' && text.includes('prevHash'))!.text;
    const commands = blocks.find(({ language, text }) => language === 'sh' && text.includes('pkeyutl'))!.text;
    const done = await runCommand('bash', ['-ec', commands], { cwd: directory });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('Signature Verified Successfully') });
    writeFileSync(file('check.mjs'), script);
    writeFileSync(file('whole.ndjson'), lines.map((line) => `${line}\n`).join(''));
    const check = (name: string) => runCommand(process.execPath, [file('check.mjs'), file(name)], { cwd: directory });
    expect((await check('whole.ndjson')).stdout).not.toContain('altered');
    writeFileSync(file('bad.ndjson'), `${lines[0]!.replace('"verb":"', '"verb":"X')}\n`);
    expect((await check('bad.ndjson')).stdout).toContain('altered');
  });
});
