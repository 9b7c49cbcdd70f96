// Measures searches over a large store, and how fast the audit service stores events. The tests do not run it.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startBed } from '@sallyport/bed';
import { loadEvents } from './audit-store/load-events.ts';
import { measureIngest } from './audit-store/measure-ingest.ts';
import { measureSearch } from './audit-store/measure-search.ts';
import { endAtSignals } from './machine/end-children.ts';

const help = `Measures the audit store on a PostgreSQL server of yours, whose database is empty at first.

  npm run bench -- audit-store --postgres postgres://user@127.0.0.1:5432/bench --load
  npm run bench -- audit-store --postgres postgres://user@127.0.0.1:5432/bench

  --postgres URL  the database. 10 million events take about 15 GB.
  --load          fills it before the searches
  --events N      how many events to load (10000000)
  --days N        over how many days (30)
  --ingest N      stores N events from a Kafka that it starts, instead of searching
`;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    postgres: { type: 'string' },
    load: { type: 'boolean', default: false },
    events: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '30' },
    ingest: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const { postgres: url } = values;
if (values.help || url === undefined) {
  process.stdout.write(help);
  process.exit(values.help ? 0 : 2);
}
const started = performance.now();
const log = (text: string) =>
  void process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}\n`);
if (values.load) await loadEvents({ url, events: Number(values.events), days: Number(values.days), log });
if (values.ingest === undefined) {
  for (const { title, events, firstMs, medianMs } of await measureSearch(url))
    process.stdout.write(`| ${title} | ${events} | ${firstMs.toFixed(0)} ms | ${medianMs.toFixed(0)} ms |\n`);
} else {
  const starting = startBed({ need: ['kafka'] });
  endAtSignals(async () => (await starting).stop());
  const bed = await starting;
  try {
    if (!bed.kafka) throw new Error(`Kafka is missing: ${JSON.stringify(bed.missing)}`);
    const { events, seconds, cpuSeconds, serverSeconds } = await measureIngest({
      url,
      brokers: bed.kafka.brokers,
      events: Number(values.ingest),
      log,
    });
    const each = (spent: number) => `${((1e6 * spent) / events).toFixed(0)} us of CPU each`;
    process.stdout.write(
      `${events} events in ${seconds.toFixed(1)} s: ${(events / seconds).toFixed(0)} a second, ${each(cpuSeconds)} in the audit service` +
        `${serverSeconds === undefined ? '' : ` and ${each(serverSeconds)} in PostgreSQL`}\n`,
    );
  } finally {
    await bed.stop();
  }
}
