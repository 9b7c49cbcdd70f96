// Publishes events through a spool until its input ends or it is killed. A file stands for the topic: Kafka is away
// while there is none.
import { appendFileSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { openSpool } from '@sallyport/spool';
import type { Message } from 'kafkajs';
import { pino } from 'pino';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';
import { createKafkaAuditSink } from '../sink/create-kafka-audit-sink.ts';

const [dir = '', topic = '', count = '0'] = process.argv.slice(2);
const logger = pino({ level: 'silent' });
const lineOf = ({ key, value, headers }: Message) =>
  `${JSON.stringify({ key: String(key), value: String(value), headers })}\n`;
const sender = {
  async send(messages: Message[]) {
    if (!existsSync(topic)) throw new Error('Kafka is away');
    appendFileSync(topic, messages.map(lineOf).join(''));
  },
  opened: Promise.resolve(),
  ping: async () => undefined,
  close: async () => undefined,
};
const spool = await openSpool({
  dir,
  maxBytes: 8 * 1024 * 1024,
  segmentBytes: 64 * 1024,
  memoryBytes: 64 * 1024,
  logger,
  now: Date.now,
});
const kafka = { brokers: ['127.0.0.1:1'], topic: 'sallyport.audit.v1' };
const sink = createKafkaAuditSink({ service: 'proxy', kafka, logger, now: Date.now, sender, spool });
for (let index = 0; index < Number(count); index += 1) sink.enqueue(sampleAuditRecord());
await spool.synced(spool.lastAppended);
process.stdout.write('ready\n');
process.stdin.resume();
await once(process.stdin, 'end');
await sink.close();
process.exit(0);
