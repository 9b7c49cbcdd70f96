// Measures what an audit event costs the proxy, part by part. The tests do not run it.
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startBed } from '@sallyport/bed';
import { eventParts, type EventPart, type EventsRequest } from './events/event-parts.ts';
import { startOwn } from './machine/child.ts';
import { endAtSignals } from './machine/end-children.ts';
import { median } from './measure/load.ts';

const help = `Measures the CPU time of an audit event of a request in the proxy, part by part, without the rest of the proxy.

  npm run bench -- events [--tree DIR]...

  --tree DIR    another checkout that is built, measured in turns with this one; may be repeated
  --part NAME   one part (${Object.keys(eventParts).join(', ')}); may be repeated
  --rounds N    rounds (5)
  --events N    events in a round (100000)
  --brokers A   a Kafka broker to use, rather than one that it starts; may be repeated
`;

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    tree: { type: 'string', multiple: true, default: [] },
    part: { type: 'string', multiple: true, default: Object.keys(eventParts) },
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '100000' },
    brokers: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const trees = [path.resolve(import.meta.dirname, '../..'), ...values.tree.map((tree) => path.resolve(tree))];
const parts = values.part.filter((part): part is EventPart => Object.hasOwn(eventParts, part));
const needsBroker = !values.brokers && parts.some((part) => part.startsWith('kafka'));
const starting = needsBroker ? startBed({ need: ['kafka'] }) : undefined;
endAtSignals(async () => (await starting)?.stop());
const bed = await starting;
const figures = new Map<string, number[]>();
try {
  if (bed && !bed.kafka) throw new Error(`Kafka is missing: ${JSON.stringify(bed.missing)}`);
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const part of parts)
      for (const tree of trees) {
        const request: EventsRequest = {
          tree,
          part,
          brokers: values.brokers ?? bed?.kafka?.brokers,
          events: Number(values.events),
          warmUp: 20_000,
        };
        const child = await startOwn<{ micros: number }>(
          'events-child-main.js',
          request,
          path.join(tmpdir(), 'sallyport-bench-events.log'),
        );
        await child.stop();
        const key = `${part} ${tree}`;
        figures.set(key, [...(figures.get(key) ?? []), child.ready.micros]);
        process.stderr.write(`${part}: ${child.ready.micros.toFixed(1)} us (${tree})\n`);
      }
} finally {
  await bed?.stop();
}
const cell = (part: EventPart, tree: string) => {
  const found = figures.get(`${part} ${tree}`)!;
  return `${median(found).toFixed(1)} (${Math.min(...found).toFixed(1)} to ${Math.max(...found).toFixed(1)})`;
};
process.stdout.write(`Microseconds of CPU for one event, all threads: median (least to most)\n\n`);
process.stdout.write(`| part | ${trees.join(' | ')} |\n|---|${trees.map(() => '---|').join('')}\n`);
for (const part of parts)
  process.stdout.write(`| ${eventParts[part]} | ${trees.map((tree) => cell(part, tree)).join(' | ')} |\n`);
