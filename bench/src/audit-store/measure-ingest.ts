import { createIngest, openStores } from '@sallyport/audit';
import { consumeKafkaAudit, createKafkaAuditSink } from '@sallyport/audit-log';
import { createLogger } from '@sallyport/kit';
import pg from 'pg';
import { cpuSeconds, sleep } from '../machine/processes.ts';
import { makeEvent } from './make-events.ts';

/** How long Kafka may take for the events that are queued at the end. */
const deliveryMs = 120_000;

/** `serverSeconds` is missing if the server is on another machine. */
export type IngestFigure = { events: number; seconds: number; cpuSeconds: number; serverSeconds?: number };

/** Returns the CPU time of the server's processes that work for other clients of this database. */
async function serverSeconds(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>(
    'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  try {
    return rows.reduce((total, { pid }) => total + cpuSeconds(pid), 0);
  } catch {
    return undefined;
  }
}

/**
 * Publishes events to a topic of its own, then stores them all as the audit service does, and measures how long that
 * takes. `cpuSeconds` is the CPU time of this process, and `serverSeconds` that of PostgreSQL.
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
  for (let made = 0; made < plan.events; made += 1) {
    while (!sink.hasRoom()) await sleep(10);
    sink.enqueue(makeEvent(Date.now()));
    // Lets the sink send.
    if (made % 500 === 0) await sleep(0);
  }
  await sink.close(deliveryMs);
  plan.log(`published ${plan.events} events`);
  const stores = openStores({ postgres: plan.url }, { logger, resolvePath });
  await stores.events.prepare(Date.now());
  const client = new pg.Client({ connectionString: plan.url });
  await client.connect();
  const before = await serverSeconds(client);
  let [stored, begun, cpu] = [0, 0, process.cpuUsage()];
  const ended = Promise.withResolvers<void>();
  const ingest = createIngest({
    store: stores.events,
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
  const after = await serverSeconds(client);
  await client.end();
  await consumer.close();
  await stores.close();
  return {
    events: stored,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    ...(before === undefined || after === undefined ? {} : { serverSeconds: after - before }),
  };
}
