import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSpoolBed, entryOf, readAll, textsOf, type SpoolBed } from '../testing/spool-bed.ts';

let bed: SpoolBed;
beforeEach(() => {
  bed = createSpoolBed();
});
afterEach(() => bed.remove());

const [headerBytes, entryBytes] = [32, 112];
const texts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const segments = () =>
  readdirSync(bed.dir)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(bed.dir, name));
const lostPositions = () => bed.lost.map(({ from, to }) => [from, to]);

/** Fills files with entries of 112 bytes each: 1 to 9, 10 to 18, ... */
async function fill(last: number, acknowledged = 0): Promise<void> {
  const spool = await bed.open({ segmentBytes: 1000 });
  for (const text of texts(1, last)) {
    spool.append(entryOf(text, 100));
    await spool.written(Number(text));
  }
  spool.acknowledge(acknowledged);
  await spool.close();
}
function change(path: string, at: number, ...bytes: number[]): void {
  const content = readFileSync(path);
  for (const [index, byte] of bytes.entries()) content[at + index]! ^= byte;
  writeFileSync(path, content);
}
const placeOf = (index: number) => headerBytes + index * entryBytes;

async function readBack(): Promise<string[]> {
  const spool = await bed.open();
  const found = textsOf(await readAll(spool));
  expect(spool.status.lost).toBe(bed.lost.reduce((sum, { from, to }) => sum + to - from + 1, 0));
  await readAll(spool);
  await spool.close();
  return found;
}

describe('damage in the middle', () => {
  it.each([
    ['a byte of an entry', 50],
    ['its checksum', 0],
    ['its length', 4],
    ['its length, which becomes huge', 7],
    ['its index', 8],
  ])('names the entry that is lost, once, and goes on with the next: %s', async (_, offset) => {
    await fill(30);
    change(segments()[1]!, placeOf(3) + offset, 0xff);
    expect(await readBack()).toEqual([...texts(1, 12), ...texts(14, 30)]);
    expect(lostPositions()).toEqual([[13, 13]]);
    expect(bed.lines.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ message: 'entries of the spool are lost' }),
    ]);
  });

  it('names several entries, also at the end of a file that is not the last', async () => {
    await fill(30);
    change(segments()[0]!, placeOf(2), 1);
    change(segments()[0]!, placeOf(3) + 90, 1);
    change(segments()[0]!, placeOf(8) + 4, 1);
    expect(await readBack()).toEqual(['1', '2', ...texts(5, 8), ...texts(10, 30)]);
    expect(lostPositions()).toEqual([
      [3, 4],
      [9, 9],
    ]);
  });

  it('is silent about entries that were acknowledged', async () => {
    await fill(30, 13);
    change(
      segments().find((path) => path.includes('10.'))!,
      placeOf(1),
      1,
    );
    expect(await readBack()).toEqual(texts(14, 30));
    expect(bed.lost).toEqual([]);
  });

  it('does not take an entry of another file for one of this file', async () => {
    await fill(30);
    const [first, second] = segments();
    const content = readFileSync(second!);
    readFileSync(first!).copy(content, placeOf(4), placeOf(4), placeOf(5));
    writeFileSync(second!, content);
    expect(await readBack()).toEqual([...texts(1, 13), ...texts(15, 30)]);
    expect(lostPositions()).toEqual([[14, 14]]);
  });
});

describe('a file that is gone or not readable', () => {
  it('is named with all of its entries', async () => {
    await fill(30);
    rmSync(segments()[1]!);
    expect(await readBack()).toEqual([...texts(1, 9), ...texts(19, 30)]);
    expect(lostPositions()).toEqual([[10, 18]]);
  });

  it('is named if it was the first', async () => {
    await fill(30);
    rmSync(segments()[0]!);
    expect(await readBack()).toEqual(texts(10, 30));
    expect(lostPositions()).toEqual([[1, 9]]);
  });

  it('is set aside if its header is damaged', async () => {
    await fill(30);
    change(segments()[1]!, 10, 1);
    expect(await readBack()).toEqual([...texts(1, 9), ...texts(19, 30)]);
    expect(lostPositions()).toEqual([[10, 18]]);
    expect(readdirSync(bed.dir).filter((name) => name.endsWith('.damaged'))).toHaveLength(1);
  });

  it('never lets positions be used again', async () => {
    await fill(30);
    change(segments().at(-1)!, 10, 1);
    const spool = await bed.open();
    expect(spool.lastEntry).toBeUndefined();
    expect(spool.append(entryOf('new'))).toBe(31);
    await spool.written(spool.lastAppended);
    expect(textsOf(await readAll(spool))).toEqual([...texts(1, 27), 'new']);
    expect(lostPositions()).toEqual([[28, 30]]);
    await spool.close();
  });
});

describe('the end', () => {
  it('is damaged and not just incomplete: that is a loss, and nobody may continue from it', async () => {
    await fill(5);
    change(segments()[0]!, placeOf(4) + 50, 1);
    const spool = await bed.open();
    expect(spool.lastEntry).toBeUndefined();
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 4));
    expect(bed.lost).toEqual([{ from: 5, to: 5, reason: expect.stringMatching(/the end of .* is damaged$/) }]);
    expect(spool.append(entryOf('new'))).toBe(6);
    await spool.close();
  });

  it('is damaged so that its entries cannot be counted: the loss is the most that there can have been', async () => {
    await fill(5);
    change(segments()[0]!, placeOf(4) + 8, 1);
    const spool = await bed.open();
    expect(bed.lost).toEqual([{ from: 5, to: 14, reason: expect.stringContaining('the most that it had') }]);
    expect(spool.append(entryOf('new'))).toBe(15);
    await spool.close();
  });

  it('is missing although it was acknowledged: nobody may continue from what is there', async () => {
    await fill(5, 5);
    truncateSync(segments()[0]!, placeOf(3));
    const spool = await bed.open();
    expect(spool).toMatchObject({ lastEntry: undefined, acknowledged: 5, lastAppended: 5 });
    expect(spool.append(entryOf('new'))).toBe(6);
    await spool.written(6);
    expect(textsOf(await readAll(spool))).toEqual(['new']);
    expect(bed.lost).toEqual([]);
    await spool.close();
  });

  it('was being created when the process died', async () => {
    await fill(9);
    writeFileSync(join(bed.dir, '0000000000000010.segment'), readFileSync(segments()[0]!).subarray(0, 20));
    const spool = await bed.open();
    expect(textsOf([spool.lastEntry!])).toEqual(['9']);
    expect(spool.append(entryOf('10'))).toBe(10);
    await spool.written(10);
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 10));
    await spool.close();
  });
});

describe('the other files', () => {
  it('does no harm if one of the two acknowledged positions is damaged', async () => {
    await fill(9, 4);
    const path = join(bed.dir, 'acknowledged');
    const size = statSync(path).size;
    for (const at of [0, 32]) {
      if (at >= size) continue;
      const before = readFileSync(path);
      change(path, at, 1);
      const spool = await bed.open();
      expect([0, 4]).toContain(spool.acknowledged);
      expect(textsOf(await readAll(spool)).at(-1)).toBe('9');
      await spool.close();
      writeFileSync(path, before);
    }
    expect(bed.lost).toEqual([]);
  });

  it('refuses a format that it does not know, and a state that is not JSON', async () => {
    await fill(1);
    writeFileSync(join(bed.dir, 'state.json'), '{');
    await expect(bed.open()).rejects.toThrow(/state.json is not JSON/);
    writeFileSync(join(bed.dir, 'session.json'), '{"format":2}');
    await expect(bed.open()).rejects.toThrow('has format 2, and this version reads 1');
  });

  it('knows whether the machine was restarted', async () => {
    const spool = await bed.open();
    const path = join(bed.dir, 'session.json');
    const session = JSON.parse(readFileSync(path, 'utf8')) as { boot: string };
    await spool.close();
    const previousEnds = [];
    for (const boot of [session.boot, 'another']) {
      writeFileSync(path, JSON.stringify({ ...session, boot }));
      const next = await bed.open();
      previousEnds.push(next.previousEnd);
      await next.close();
    }
    expect(previousEnds).toEqual(['killed', 'rebooted']);
  });
});
