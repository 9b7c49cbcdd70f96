import { createAuditStore, createIngest } from '@sallyport/audit';
import { consumeKafkaAudit, createKafkaAuditSink } from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import { makeEvent } from './make-events.ts';

export type IngestFigure = { events: number; seconds: number; cpuSeconds: number };

/**
 * Publishes events to a topic of its own, then stores them all as the audit service does, and measures how long that
 * takes. `cpuSeconds` is the time of this process.
 */
export async function measureIngest(plan: {
  url: string;
  brokers: string[];
  events: number;
  log(text: string): void;
}): Promise<IngestFigure> {
  const logger = createLogger({ service: 'bench', level: 'warn' });
  const resolvePath = (file: string) => file;
  const kafka = { brokers: plan.brokers, topic: `bench-${crypto.randomUUID()}` };
  const sink = createKafkaAuditSink({ service: 'bench', kafka, logger, now: Date.now });
  for (let made = 0; made < plan.events; made += 2000) {
    const now = Date.now();
    await Promise.all(
      Array.from({ length: Math.min(2000, plan.events - made) }, (_none, index) =>
        sink.publish(makeEvent(now + index / 10)),
      ),
    );
  }
  await sink.close();
  plan.log(`published ${plan.events} events`);
  const store = createAuditStore({ postgres: plan.url }, { logger, resolvePath });
  await store.prepare(Date.now());
  let [stored, begun, cpu] = [0, 0, process.cpuUsage()];
  const ended = Promise.withResolvers<void>();
  const ingest = createIngest({
    store,
    logger,
    onStored(records) {
      stored += records.length;
      if (stored >= plan.events) ended.resolve();
    },
  });
  const consumer = consumeKafkaAudit({
    kafka,
    groupId: kafka.topic,
    logger,
    now: Date.now,
    resolvePath,
    onRecords: async (records) => {
      if (begun === 0) [begun, cpu] = [performance.now(), process.cpuUsage()];
      await ingest(records);
    },
  });
  await ended.promise;
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await consumer.close();
  await store.close();
  return { events: stored, seconds, cpuSeconds: (user + system) / 1e6 };
}
