import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createVerifier, type TrailReport } from '@sallyport/audit-proof';
import { auditEventSchema, type AuditEvent } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { openSpool } from '@sallyport/spool';
import { createFaultyFiles } from '@sallyport/spool/testing';
import type { Message } from 'kafkajs';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { createKafkaAuditSink } from './create-kafka-audit-sink.ts';

type Line = { key: string; value: string; headers: Record<string, string> };

const parent = mkdtempSync(join(tmpdir(), 'damaged-spool-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
let [dir, topic, round] = ['', '', 0];
beforeEach(() => {
  round += 1;
  [dir, topic] = [join(parent, `spool-${round}`), join(parent, `topic-${round}`)];
});

const program = new URL('../testing/sink-child.ts', import.meta.url).pathname;

/** Starts a process with this spool, and waits until what it has published is on the disk. */
async function start(events: number) {
  const args = ['--conditions=source', program, dir, topic, `${events}`];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const [said] = (await Promise.race([once(child.stdout, 'data'), closed])) as [unknown];
  expect(String(said)).toBe('ready\n');
  return { child, closed };
}

/** Lets a process publish while Kafka is away, and kills it. */
async function publishAndDie(events: number): Promise<void> {
  const { child, closed } = await start(events);
  child.kill('SIGKILL');
  await closed;
}

/** Lets the next process deliver everything, and returns what the topic then has. */
async function deliver(events: number): Promise<Line[]> {
  writeFileSync(topic, '');
  const { child, closed } = await start(events);
  child.stdin.end();
  await closed;
  return readFileSync(topic, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

const dataOf = ({ value }: Line) => JSON.parse(value) as AuditEvent;
const segments = () =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(dir, name));
const producersOf = (lines: readonly Line[]) => [...new Set(lines.map((line) => dataOf(line).sallyport.producer))];

/** Changes one byte of the entry that has the event `seq`, and returns the file. */
function damage(seq: number): string {
  const text = `"seq":${seq},`;
  const path = segments().find((one) => readFileSync(one).includes(text))!;
  const content = readFileSync(path);
  content[content.indexOf(text) + 1]! ^= 1;
  writeFileSync(path, content);
  return path;
}

function verify(lines: readonly Line[]): TrailReport {
  const verifier = createVerifier();
  for (const [position, { value, headers }] of lines.entries())
    verifier.add({
      id: headers['ce_id']!,
      type: headers['ce_type']!,
      time: headers['ce_time']!,
      data: JSON.parse(value),
      text: value,
      place: { source: 'topic', position },
    });
  return verifier.finish();
}

const gapsOf = (lines: readonly Line[]) =>
  lines.filter(({ headers }) => headers['ce_type'] === 'audit.gap').map((line) => dataOf(line).sallyport.gap);

describe('a spool that was damaged while its process was dead', () => {
  it('names events in the middle in the trail, and the chain goes on', async () => {
    await publishAndDie(200);
    const path = damage(70);
    damage(71);
    damage(120);
    const lines = await deliver(3);
    const [producer] = producersOf(lines);
    expect(producersOf(lines)).toEqual([producer]);
    const reason = `damaged in ${path}`;
    expect(gapsOf(lines)).toEqual([
      { producer, from: 70, to: 71, reason: expect.stringContaining('damaged in') },
      { producer, from: 120, to: 120, reason: expect.stringContaining('damaged in') },
    ]);
    expect(gapsOf(lines)[0]!.reason).toBe(reason);
    for (const line of lines) expect(auditEventSchema.safeParse(dataOf(line)).error).toBeUndefined();
    const report = verify(lines);
    expect(report.faults).toEqual([
      expect.objectContaining({ kind: 'missing', producer, seq: 70, to: 71, announced: reason }),
      expect.objectContaining({ kind: 'missing', producer, seq: 120, announced: expect.any(String) }),
    ]);
    expect(report.producers).toEqual([expect.objectContaining({ producer, first: 1, last: 206, closed: true })]);
  });

  it('names events at the end, and a new chain begins', async () => {
    await publishAndDie(200);
    damage(199);
    damage(200);
    const lines = await deliver(3);
    const [old, next] = producersOf(lines);
    expect(gapsOf(lines)).toEqual([
      { producer: old, from: 199, to: 200, reason: expect.stringMatching(/is damaged$/) },
    ]);
    const report = verify(lines);
    expect(report.faults).toEqual([
      expect.objectContaining({ kind: 'missing', producer: old, seq: 199, to: 200, announced: expect.any(String) }),
    ]);
    expect(report.producers).toContainEqual(expect.objectContaining({ producer: next, first: 1, closed: true }));
  });

  it('names all events of a file whose header is damaged, and keeps the file', async () => {
    await publishAndDie(200);
    const [, second, third] = segments();
    const firstOf = (path: string) => Number(/(\d+)\.segment$/.exec(path)![1]);
    const content = readFileSync(second!);
    content[9]! ^= 1;
    writeFileSync(second!, content);
    const lines = await deliver(3);
    const [producer] = producersOf(lines);
    const [from, to] = [firstOf(second!), firstOf(third!) - 1];
    expect(gapsOf(lines)).toEqual([{ producer, from, to, reason: expect.stringContaining('.damaged') }]);
    expect(verify(lines).faults).toEqual([
      expect.objectContaining({ kind: 'missing', producer, seq: from, to, announced: expect.any(String) }),
    ]);
    expect(readdirSync(dir).filter((name) => name.endsWith('.damaged'))).toHaveLength(1);
  });
});

describe('a disk that fails to sync before its process is killed', () => {
  it('makes the next process begin a new chain, because Kafka has more of the old one than the spool', async () => {
    const sent: Line[] = [];
    const sender = {
      async send(messages: Message[]) {
        for (const { key, value, headers } of messages)
          sent.push({ key: String(key), value: String(value), headers: headers as Line['headers'] });
      },
      opened: Promise.resolve(),
      ping: async () => undefined,
      close: async () => undefined,
    };
    const logger = createLogger({ service: 'proxy', level: 'silent' });
    const files = createFaultyFiles();
    const open = async (at: string, disk?: typeof files) => {
      const spool = await openSpool({ dir: at, maxBytes: 8 * 1024 * 1024, logger, now: Date.now }, disk);
      const kafka = { brokers: ['127.0.0.1:1'], topic: 'sallyport.audit.v1' };
      const sink = createKafkaAuditSink({ service: 'proxy', kafka, logger, now: Date.now, sender, spool });
      return { spool, sink };
    };
    const first = await open(dir, files);
    await first.sink.keep!(sampleAuditRecord());
    files.fail('datasync', 'EIO', { in: '.segment' });
    for (let index = 0; index < 3; index += 1) first.sink.enqueue(sampleAuditRecord());
    await first.sink.publish(sampleAuditRecord());
    await first.sink.keep!(sampleAuditRecord()).catch(() => undefined);
    // The sync, and then the attempts to bring the file back to what is certain.
    await until(() => first.spool.status.failures >= 3);
    expect(sent.length).toBeGreaterThanOrEqual(5);
    // What the next process finds after a SIGKILL.
    const left = `${dir}-left`;
    cpSync(dir, left, { recursive: true });
    rmSync(join(left, 'lock'));
    const [old] = producersOf(sent);
    const second = await open(left);
    for (let index = 0; index < 3; index += 1) await second.sink.publish(sampleAuditRecord());
    await second.sink.close();
    const [same, next, ...more] = producersOf(sent);
    expect([same, more]).toEqual([old, []]);
    const report = verify(sent);
    expect(report.faults).toEqual([]);
    expect(report.producers).toContainEqual(expect.objectContaining({ producer: next, first: 1, closed: true }));
    files.heal();
    await first.sink.close();
  });
});
