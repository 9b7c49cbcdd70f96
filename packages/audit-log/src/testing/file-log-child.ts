// Publishes events to an audit log in files until it is killed, and consumes them. Says on stdout which events were
// acknowledged, and which the consumer got.
import { createWriteStream } from 'node:fs';
import { pino } from 'pino';
import { openFileAuditLog } from '../files/open-file-audit-log.ts';
import { sampleAuditRecord } from '../record/sample-audit-record.ts';

const [data = '', consumed = ''] = process.argv.slice(2);
const log = await openFileAuditLog(
  { data, audit: { files: { maxBytes: 1024 ** 3 }, retention: 86_400_000, legalHolds: [], spool: undefined } },
  { logger: pino({ level: 'silent' }), now: Date.now, publishTimeoutMs: 60_000, fileBytes: 10_000 },
);
const store = createWriteStream(consumed, { flags: 'a' });
log.subscribe(
  'store',
  (records) =>
    new Promise((resolve, reject) => {
      store.write(records.map(({ id }) => `${id}\n`).join(''), (error) => (error ? reject(error) : resolve()));
    }),
);
for (let round = 0; ; round += 1) {
  const records = Array.from({ length: 1 + (round % 60) }, () => sampleAuditRecord());
  for (const record of records.slice(1)) log.enqueue(record);
  const [waited] = records;
  await (round % 3 === 0 ? log.keep!(waited!) : log.publish(waited!));
  process.stdout.write(`${round % 3 === 0 ? 'kept' : 'acknowledged'} ${waited!.id}\n`);
}
