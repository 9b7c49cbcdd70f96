// Appends numbered entries until it is killed. Says on stdout what was written, synced and acknowledged.
import { openSpool } from '../spool/open-spool.ts';

const [dir = '', seed = '1'] = process.argv.slice(2);
const log = () => undefined;
const spool = await openSpool({
  dir,
  maxBytes: 1024 ** 3,
  segmentBytes: 200_000,
  memoryBytes: 100_000,
  logger: { info: log, warn: log, error: log },
  now: Date.now,
});
const say = (what: string, position: number) => process.stdout.write(`${what} ${position}\n`);
let random = Number(seed);
const next = (limit: number) => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) % limit;
for (;;) {
  for (let count = next(40) + 1; count > 0; count -= 1)
    spool.append(Buffer.from(`${spool.lastAppended + 1}`.padEnd(next(3000), '.')));
  await spool.written(spool.lastAppended);
  say('written', spool.lastWritten);
  if (next(4) === 0) await spool.synced(spool.lastAppended);
  const open = spool.lastWritten - spool.acknowledged;
  if (next(3) === 0 && open > 100) {
    spool.acknowledge(spool.acknowledged + next(open));
    say('acknowledged', spool.acknowledged);
  }
}
