import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSpoolBed, write, type SpoolBed } from '../testing/spool-bed.ts';
import { hasWaitingEntries } from './has-waiting-entries.ts';

let bed: SpoolBed;
beforeEach(() => {
  bed = createSpoolBed();
});
afterEach(() => bed.remove());

const segmentOf = () =>
  join(
    bed.dir,
    readdirSync(bed.dir).find((name) => name.endsWith('.segment'))!,
  );
async function leave(entries: number, acknowledged: number): Promise<void> {
  const spool = await bed.open();
  await write(spool, ...Array.from({ length: entries }, (_none, index) => index));
  spool.acknowledge(acknowledged);
  await spool.close();
}

describe('a spool that no process has', () => {
  it('has no entries that wait if the last one was acknowledged', async () => {
    await (await bed.open()).close();
    expect(await hasWaitingEntries(bed.dir)).toBe(false);
    await leave(3, 3);
    expect(await hasWaitingEntries(bed.dir)).toBe(false);
  });

  it('has some otherwise, and still knows how the process before ended', async () => {
    await leave(3, 2);
    const contents = () => readdirSync(bed.dir).map((name) => readFileSync(join(bed.dir, name)).toString('hex'));
    const before = contents();
    expect(await hasWaitingEntries(bed.dir)).toBe(true);
    expect(contents()).toEqual(before);
  });

  it('may have some if its end is damaged, but not if only the last write was cut off', async () => {
    await leave(3, 3);
    const whole = readFileSync(segmentOf());
    appendFileSync(segmentOf(), Buffer.from([1, 2, 3]));
    expect(await hasWaitingEntries(bed.dir)).toBe(false);
    writeFileSync(segmentOf(), Buffer.concat([whole, Buffer.alloc(40)]));
    expect(await hasWaitingEntries(bed.dir)).toBe(true);
    writeFileSync(segmentOf(), Buffer.concat([Buffer.alloc(32), whole.subarray(32)]));
    expect(await hasWaitingEntries(bed.dir)).toBe(true);
  });
});
