import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import { createKafkaAuditSink, readKafkaAudit, sampleAuditRecord, type KafkaConfig } from '@sallyport/audit-log';
import { createTopic } from '@sallyport/audit-log/testing';
import { createLogger } from '@sallyport/kit';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { eventually, runCli } from '../harness/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let bed: Bed;
let kafka: KafkaConfig;

/** Writes events of many sessions, so that they are on every partition. Returns their audit ids. */
async function write(count: number, what: string): Promise<string[]> {
  // A busy machine takes longer than the usual timeout to write them all.
  const sink = createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs: 30_000 });
  await eventually('the topic', () =>
    sink.publish(sampleAuditRecord({ auditID: 'first', session: 'first' })).then(() => true),
  );
  const records = Array.from({ length: count }, (_none, index) =>
    sampleAuditRecord({ session: `session-${index % 50}`, auditID: `${what}-${index}` }),
  );
  await Promise.all(records.map((record) => sink.publish(record)));
  await sink.close();
  return records.map((record) => record.data.auditID);
}

async function readAll(
  options: { since?: number; topic?: string } = {},
): Promise<{ ids: string[]; types: Set<string>; closings: number; unreadable: number; messages: number }> {
  const found = { ids: [] as string[], types: new Set<string>(), closings: 0, unreadable: 0 };
  const messages = await readKafkaAudit({
    kafka: { ...kafka, ...(options.topic === undefined ? {} : { topic: options.topic }) },
    ...(options.since === undefined ? {} : { since: options.since }),
    idleTimeoutMs: 20_000,
    onEvents(events, unreadable) {
      found.unreadable += unreadable;
      for (const { type, data } of events) {
        if (type === 'audit.checkpoint') {
          // The last event of a sink that was closed.
          found.closings += 1;
          continue;
        }
        found.types.add(type);
        found.ids.push((data as { auditID: string }).auditID);
      }
    },
  });
  return { ...found, messages };
}

const set = (ids: readonly string[]) => new Set(ids.filter((id) => id !== 'first'));

beforeAll(async () => {
  bed = await startBed({ need: ['kafka'] });
  if (!bed.kafka) throw new Error(`Kafka is not available: ${JSON.stringify(bed.missing)}`);
  kafka = { brokers: bed.kafka.brokers, topic: `read-${crypto.randomUUID()}` };
});
afterAll(() => bed?.stop());

describe('reading the audit topic once', () => {
  it('returns every event of every partition once, up to the end, and leaves no group behind', async () => {
    const sent = await write(2000, 'all');
    const { ids, types, closings, unreadable, messages } = await readAll();
    expect(set(ids)).toEqual(new Set(sent));
    expect([ids.length, closings, unreadable, [...types]]).toEqual([messages - 1, 1, 0, ['k8s.request']]);
    const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    expect((await admin.listGroups()).groups.filter(({ groupId }) => groupId.startsWith('sallyport-read-'))).toEqual(
      [],
    );
    await admin.disconnect();
  });

  it('starts at a point in time, and ends at once if there is nothing newer', async () => {
    await write(50, 'before');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const since = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const sent = await write(100, 'after');
    expect(set((await readAll({ since })).ids)).toEqual(new Set(sent));
    expect(await readAll({ since: Date.now() + 60_000 })).toMatchObject({ ids: [], messages: 0 });
  });

  it('counts messages that are not events', async () => {
    const topic = `odd-${crypto.randomUUID()}`;
    const client = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    await createTopic(admin, { topic, numPartitions: 1 });
    await admin.disconnect();
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({
      topic,
      messages: [
        { value: 'no JSON', headers: { ce_type: 'k8s.request' } },
        { value: '{}' },
        { value: null, headers: { ce_type: 'x' } },
        { value: '{"auditID":"good"}', headers: { ce_type: 'k8s.request' } },
      ],
    });
    await producer.disconnect();
    expect(await readAll({ topic })).toMatchObject({ ids: ['good'], unreadable: 3, messages: 4 });
  });

  it('is used by the replay of the command line', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-replay-'));
    writeFileSync(path.join(directory, 'policy.yaml'), 'allow: {or: [{groups: sre}]}');
    await write(500, 'replayed');
    const { code, stdout, stderr } = await runCli(
      [
        'policy',
        'replay',
        '--kafka',
        kafka.brokers.join(','),
        '--topic',
        kafka.topic,
        '--policy',
        'policy.yaml',
        '--cluster',
        'dev',
        '-o',
        'json',
      ],
      { home: directory, cwd: directory },
    );
    rmSync(directory, { recursive: true });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { lost, evaluated } = JSON.parse(stdout) as { evaluated: number; lost: { requests: number } };
    expect(evaluated).toBeGreaterThanOrEqual(500);
    expect(lost.requests).toBe(evaluated);
  });

  it('reports a missing topic', async () => {
    await expect(readAll({ topic: `none-${crypto.randomUUID()}` })).rejects.toThrow();
  });
});
