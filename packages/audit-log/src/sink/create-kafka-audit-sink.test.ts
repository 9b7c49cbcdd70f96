import { describe, expect, it } from '@jest/globals';
import { hashEvent } from '@sallyport/audit-proof';
import type { AuditEvent } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import type { Message } from 'kafkajs';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { UndeliverableError } from '../kafka/kafka-errors.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { createKafkaAuditSink } from './create-kafka-audit-sink.ts';

const kafka = { brokers: ['127.0.0.1:1'], topic: 'sallyport.audit.v1' };
const typeOf = (message: Message) => String(message.headers?.ce_type);
const dataOf = (message: Message) => JSON.parse(String(message.value)) as AuditEvent;
/** The ids of events, without the closing checkpoint. */
const ids = (batch: readonly Message[]) =>
  batch.filter((one) => typeOf(one) !== 'audit.checkpoint').map((message) => String(message.headers?.ce_id));

function setUp(send: (messages: Message[]) => Promise<void>, settings: { lingerMs?: number } = {}) {
  const lines: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const metrics = new Registry();
  const sender = { send, opened: Promise.resolve(), ping: async () => undefined, close: async () => undefined };
  const sink = createKafkaAuditSink({
    service: 'proxy',
    kafka,
    logger,
    metrics,
    now: Date.now,
    sender,
    publishTimeoutMs: 10_000,
    ...settings,
  });
  const value = async (name: string) => (await metrics.getSingleMetric(name)!.get()).values[0]?.value;
  return { sink, lines, value };
}

describe('the Kafka sink', () => {
  it('sends an event as a CloudEvent in binary mode, keyed by cluster and session', async () => {
    const batches: Message[][] = [];
    const { sink } = setUp(async (messages) => void batches.push(messages));
    const record = sampleAuditRecord({ cluster: 'prod', session: 's9' });
    await sink.publish(record);
    const [message] = batches[0]!;
    expect(message?.key).toBe('prod/s9');
    expect(JSON.parse(String(message?.value))).toEqual(record.data);
    expect(message?.headers).toEqual({
      ce_id: record.id,
      ce_type: 'k8s.request',
      ce_source: 'sallyport/proxy',
      ce_time: record.time,
      ce_specversion: '1.0',
      'content-type': 'application/json',
    });
    await sink.close();
  });

  it('sends events that arrive while a batch is in flight as the next batch', async () => {
    const batches: Message[][] = [];
    const releases: (() => void)[] = [];
    const { sink } = setUp(
      (messages) =>
        new Promise((resolve) => {
          batches.push(messages);
          releases.push(resolve);
        }),
    );
    const first = sink.publish(sampleAuditRecord());
    await until(() => batches.length === 1);
    const rest = [1, 2, 3].map(() => sink.publish(sampleAuditRecord()));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(batches.map((batch) => batch.length)).toEqual([1]);
    releases[0]!();
    await first;
    await until(() => batches.length === 2);
    expect(batches.map((batch) => batch.length)).toEqual([1, 3]);
    releases[1]!();
    await Promise.all(rest);
    const closed = sink.close();
    await until(() => releases.length === 3);
    releases[2]!();
    await closed;
  });

  it('chains all its events without a gap, and ends with a closing checkpoint', async () => {
    const sent: Message[] = [];
    const { sink } = setUp(async (messages) => void sent.push(...messages));
    for (let index = 0; index < 5; index += 1) sink.enqueue(sampleAuditRecord());
    await sink.publish(sampleAuditRecord({ data: { userAgent: 'kübectl "hash":"' } }));
    await sink.close();
    expect(typeOf(sent.at(-1)!)).toBe('audit.checkpoint');
    expect(dataOf(sent.at(-1)!).sallyport.checkpoint).toEqual({ closing: true });
    let previous = '0'.repeat(64);
    for (const [index, { value, headers }] of sent.entries()) {
      const { seq, prevHash, hash } = dataOf(sent[index]!).sallyport;
      expect({ seq, prevHash }).toEqual({ seq: index + 1, prevHash: previous });
      const dataText = String(value).replace(`"hash":"${hash}",`, '');
      const { ce_id: id, ce_type: type, ce_time: time } = headers as Record<string, string>;
      expect(hash).toBe(hashEvent(previous, { id: id!, type: type!, time: time!, dataText }));
      previous = hash!;
    }
    expect(sent).toHaveLength(7);
  });

  it('knows no writing to a file without a spool', () => {
    const { sink } = setUp(async () => undefined);
    expect(sink.enqueue(sampleAuditRecord())).toBeUndefined();
    expect(sink.written).toBeUndefined();
  });

  it('lets events gather until a caller waits for one', async () => {
    const batches: Message[][] = [];
    const { sink } = setUp(async (messages) => void batches.push(messages), { lingerMs: 10_000 });
    for (let index = 0; index < 5; index += 1) sink.enqueue(sampleAuditRecord());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batches).toEqual([]);
    await sink.publish(sampleAuditRecord());
    expect(batches.map((batch) => batch.length)).toEqual([6]);
    await sink.close();
  });

  it('retries a failed batch unchanged before later events', async () => {
    const batches: string[][] = [];
    const { sink, lines, value } = setUp(async (messages) => {
      batches.push(ids(messages));
      if (batches.length < 3) throw new Error('broker down');
    });
    const records = [sampleAuditRecord(), sampleAuditRecord()];
    sink.enqueue(records[0]!);
    await until(() => batches.length > 0);
    expect(await value('sallyport_audit_queue_length')).toBe(1);
    sink.enqueue(records[1]!);
    await sink.close();
    expect(batches).toEqual([[records[0]!.id], [records[0]!.id], [records[0]!.id], [records[1]!.id], []]);
    expect(await value('sallyport_audit_send_failures_total')).toBe(2);
    expect(await value('sallyport_audit_events_delivered_total')).toBe(3);
    expect(await value('sallyport_audit_queue_length')).toBe(0);
    // One line when the outage begins, one when it ends.
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'cannot deliver audit events; keeping them and retrying',
      'delivering audit events again',
    ]);
  });

  it('drops an event that Kafka refuses, and delivers the others in order', async () => {
    const stored: string[] = [];
    const gaps: unknown[] = [];
    const records = Array.from({ length: 9 }, () => sampleAuditRecord());
    const refused = records[4]!.id;
    const { sink, value, lines } = setUp(async (messages) => {
      if (ids(messages).includes(refused)) throw new UndeliverableError('Kafka refuses the event: MESSAGE_TOO_LARGE');
      stored.push(...ids(messages.filter((one) => typeOf(one) === 'k8s.request')));
      gaps.push(...messages.filter((one) => typeOf(one) === 'audit.gap').map((one) => dataOf(one).sallyport.gap));
    });
    const outcomes = await Promise.allSettled(records.map((record) => sink.publish(record)));
    expect(stored).toEqual(records.map((record) => record.id).filter((id) => id !== refused));
    expect(outcomes.map((outcome) => outcome.status).filter((status) => status === 'rejected')).toHaveLength(1);
    expect(await value('sallyport_audit_events_lost_total')).toBe(1);
    expect(lines.join('')).toContain('lost audit events');
    await sink.close();
    const reason = 'Kafka refuses the event: MESSAGE_TOO_LARGE';
    expect(gaps).toEqual([{ producer: expect.stringMatching(/^proxy\/.+-[0-9a-f]{8}$/), from: 5, to: 5, reason }]);
  });

  it('never sends a batch larger than a broker accepts', async () => {
    const sizes: number[] = [];
    const { sink } = setUp(
      async (messages) => void sizes.push(messages.reduce((sum, message) => sum + message.value!.length, 0)),
    );
    for (let index = 0; index < 40; index += 1)
      sink.enqueue(sampleAuditRecord({ data: { requestURI: `/${'x'.repeat(60_000)}` } }));
    await sink.close();
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(900_000);
  });

  it('times out while no broker answers, and closes when asked', async () => {
    const sink = createKafkaAuditSink({
      service: 'proxy',
      kafka,
      logger: pino({ level: 'silent' }),
      now: Date.now,
      publishTimeoutMs: 300,
    });
    const begun = performance.now();
    await expect(sink.publish(sampleAuditRecord())).rejects.toMatchObject({ code: 'audit-unavailable', status: 503 });
    expect(performance.now() - begun).toBeLessThan(1500);
    await expect(sink.ping()).rejects.toThrow();
    await sink.close(100);
  });
});
