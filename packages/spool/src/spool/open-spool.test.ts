import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createFaultyFiles } from '../testing/faulty-files.ts';
import { createSpoolBed, entryOf, readAll, textsOf, write, type SpoolBed } from '../testing/spool-bed.ts';

let bed: SpoolBed;
beforeEach(() => {
  bed = createSpoolBed();
});
afterEach(() => bed.remove());

const segments = () => readdirSync(bed.dir).filter((name) => name.endsWith('.segment'));

describe('a spool', () => {
  it('numbers entries from 1, and reads back what was written', async () => {
    const spool = await bed.open();
    expect(spool).toMatchObject({ previousEnd: 'none', state: undefined, lastEntry: undefined, lastAppended: 0 });
    expect([spool.append(entryOf('a')), spool.append(entryOf('b'))]).toEqual([1, 2]);
    expect(await spool.read(1, 1000)).toEqual([]);
    await spool.written(2);
    expect(spool.written(2)).toBeUndefined();
    expect(textsOf(await spool.read(1, 1000))).toEqual(['a', 'b']);
    expect(textsOf(await spool.read(2, 1000))).toEqual(['b']);
    expect(textsOf(await spool.read(1, 1))).toEqual(['a']);
    expect(await spool.read(3, 1000)).toEqual([]);
    await spool.close();
  });

  it('writes entries that nobody waits for within a moment', async () => {
    const spool = await bed.open();
    spool.append(entryOf('a'));
    await until(() => spool.lastWritten === 1);
    await spool.close();
  });

  it('continues after it was closed', async () => {
    const first = await bed.open();
    await first.saveState({ producer: 'proxy/a' });
    await write(first, 'a', 'b', 'c');
    first.acknowledge(1);
    expect(await first.close()).toEqual({ unwritten: 0 });
    const second = await bed.open();
    expect(second).toMatchObject({ previousEnd: 'closed', state: { producer: 'proxy/a' }, acknowledged: 1 });
    expect(textsOf([second.lastEntry!])).toEqual(['c']);
    expect(second.append(entryOf('d'))).toBe(4);
    await second.written(4);
    expect(textsOf(await readAll(second))).toEqual(['b', 'c', 'd']);
    await second.close();
  });

  it('keeps the last entry when everything was acknowledged and its file was deleted', async () => {
    for (let round = 1; round <= 4; round += 1) {
      const spool = await bed.open();
      await write(spool, round);
      spool.acknowledge(round);
      await spool.close();
      expect(segments()).toHaveLength(1);
    }
    const spool = await bed.open();
    expect(textsOf([spool.lastEntry!])).toEqual(['4']);
    expect(spool.status).toMatchObject({ entries: 0 });
    await spool.close();
  });

  it('deletes files whose entries are acknowledged, and no others', async () => {
    const spool = await bed.open({ segmentBytes: 1000 });
    for (let index = 1; index <= 50; index += 1) {
      spool.append(entryOf(index, 100));
      await spool.written(index);
    }
    const before = segments().length;
    expect(before).toBeGreaterThan(4);
    spool.acknowledge(25);
    await until(() => segments().length < before);
    expect(textsOf(await readAll(spool))[0]).toBe('26');
    spool.acknowledge(50);
    // The file is gone a moment before its bytes are subtracted.
    await until(() => segments().length === 1 && spool.status.bytes < 1200);
    await spool.close();
  });

  it('is full before its limit, has a reserve, and never exceeds the limit', async () => {
    const maxBytes = 1024 * 1024;
    const spool = await bed.open({ maxBytes });
    let count = 0;
    for (; !spool.isFull; count += 1) {
      spool.append(entryOf(count, 10_000));
      await spool.written(spool.lastAppended);
    }
    expect(spool.status.bytes).toBeLessThan(maxBytes * 0.92);
    let reserve = 0;
    for (; spool.hasSpaceFor(10_000); reserve += 1) {
      spool.append(entryOf('reserve', 10_000));
      await spool.written(spool.lastAppended);
    }
    expect(reserve).toBeGreaterThan(5);
    expect(() => spool.append(entryOf('more', 10_000))).toThrow('the spool is full');
    const onDisk = segments().reduce((sum, name) => sum + statSync(join(bed.dir, name)).size, 0);
    expect(onDisk).toBe(spool.status.bytes);
    expect(onDisk).toBeLessThanOrEqual(maxBytes);
    spool.acknowledge(spool.lastAppended);
    await until(() => !spool.isFull);
    await spool.close();
  });

  it('has a reserve for hundreds of entries, however small it is', async () => {
    const spool = await bed.open({ maxBytes: 1024 * 1024 });
    while (!spool.isFull) {
      spool.append(entryOf('a', 1500));
      await spool.written(spool.lastAppended);
    }
    let reserve = 0;
    for (; spool.hasSpaceFor(1500); reserve += 1) spool.append(entryOf('reserve', 1500));
    expect(reserve).toBeGreaterThan(150);
    await spool.close();
  });

  it('reads from the disk what it does not keep in memory', async () => {
    const files = createFaultyFiles();
    const spool = await bed.open({ memoryBytes: 20_000, segmentBytes: 100_000 }, files);
    const all = Array.from({ length: 3000 }, (_, index) => `${index + 1}`);
    for (const text of all) {
      spool.append(entryOf(text, 100));
      if (Number(text) % 50 === 0) await spool.written(Number(text));
    }
    await spool.synced(3000);
    expect(files.calls.datasync).toBeLessThan(60);
    expect(textsOf(await readAll(spool))).toEqual(all);
    expect(textsOf(await readAll(spool, 777, 500))).toEqual(all.slice(776));
    expect(textsOf(await readAll(spool, 5))).toEqual(all.slice(4));
    await spool.close();
    const again = await bed.open();
    expect(textsOf(await readAll(again))).toEqual(all);
    expect(again.status).toMatchObject({ entries: 3000, lost: 0 });
    await again.close();
  });

  it('syncs only if somebody waits, and once for all who wait', async () => {
    const files = createFaultyFiles();
    const spool = await bed.open({}, files);
    for (let index = 1; index <= 100; index += 1) spool.append(entryOf(index));
    await spool.written(100);
    expect(files.calls.datasync).toBe(0);
    await Promise.all(Array.from({ length: 100 }, (_, index) => Promise.resolve(spool.synced(index + 1))));
    expect(files.calls.datasync).toBe(1);
    expect(spool.synced(100)).toBeUndefined();
    await spool.close();
  });

  it('writes an entry that is longer than a file should be', async () => {
    const spool = await bed.open({ segmentBytes: 1000 });
    const long = entryOf('long', 600_000);
    for (const entry of [entryOf('a'), long, entryOf('b')]) spool.append(entry);
    await spool.written(3);
    expect(textsOf(await readAll(spool))).toEqual(['a', 'long', 'b']);
    await spool.close();
    const again = await bed.open({ memoryBytes: 1 });
    expect(textsOf(await readAll(again, 1, 1))).toEqual(['a', 'long', 'b']);
    await again.close();
  });

  it('belongs to one process, and to no other user', async () => {
    mkdirSync(bed.dir, { mode: 0o755 });
    const spool = await bed.open();
    await write(spool, 'a');
    await expect(bed.open()).rejects.toThrow(/Another process uses the spool .*\(process \d+, since 20.*own\.$/);
    await spool.saveState({});
    expect(statSync(bed.dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(bed.dir)) expect(statSync(join(bed.dir, name)).mode & 0o077).toBe(0);
    await spool.close();
    await (await bed.open()).close();
  });

  it('refuses what would lose entries', async () => {
    const spool = await bed.open();
    spool.append(entryOf('a'));
    expect(() => spool.acknowledge(1)).toThrow('before it was written');
    await spool.close();
    expect(() => spool.append(entryOf('b'))).toThrow('closed');
    expect(spool.isFull).toBe(true);
    await expect(bed.open({ maxBytes: 1000 })).rejects.toThrow('at least 1 MiB');
  });
});
