import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createFaultyFiles, type FaultyFiles } from '../testing/faulty-files.ts';
import { createSpoolBed, entryOf, readAll, textsOf, write, type SpoolBed } from '../testing/spool-bed.ts';
import type { SpoolFailure } from '../write/failure-state.ts';
import type { Spool } from './spool.ts';

let bed: SpoolBed;
let files: FaultyFiles;
const failures: (SpoolFailure | undefined)[] = [];
beforeEach(() => {
  bed = createSpoolBed();
  files = createFaultyFiles();
  failures.length = 0;
});
afterEach(() => bed.remove());

const open = () => bed.open({ onFailure: (failure) => void failures.push(failure) }, files);
/** What the next process finds. */
async function reopened<T>(look: (spool: Spool) => Promise<T>): Promise<T> {
  const spool = await bed.open();
  try {
    return await look(spool);
  } finally {
    await spool.close();
  }
}
/** What the next process finds if this one is killed now. */
async function killed<T>(look: (spool: Spool) => T, prepare: (dir: string) => void = () => undefined): Promise<T> {
  const dir = `${bed.dir}-copy`;
  cpSync(bed.dir, dir, { recursive: true });
  rmSync(join(dir, 'lock'));
  prepare(dir);
  const spool = await bed.open({ dir });
  try {
    return look(spool);
  } finally {
    await spool.close();
    rmSync(dir, { recursive: true });
  }
}
/** Whether the next process is told not to rely on the last entry. */
const isMarked = () => readFileSync(join(bed.dir, 'session.json'), 'utf8').includes('uncertain');
const endOf = (spool: Spool) => [spool.previousEnd, spool.lastEntry && textsOf([spool.lastEntry])[0]];
const texts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

describe('a disk that is full', () => {
  it('is reported, closes the gate, and loses nothing that was or will be written', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 10));
    files.fail('write', 'ENOSPC', { partial: 7 });
    for (const text of texts(11, 20)) spool.append(entryOf(text));
    const written = spool.written(20)!;
    await until(() => spool.failure !== undefined);
    expect(spool.failure).toMatchObject({ code: 'ENOSPC', reason: expect.stringContaining('free some space') });
    expect(spool).toMatchObject({ isFull: true, lastWritten: 10 });
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 10));
    await until(() => spool.status.failures >= 3);
    expect(bed.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    files.heal();
    await written;
    await until(() => spool.failure === undefined);
    expect(spool.isFull).toBe(false);
    expect(failures).toEqual([expect.objectContaining({ code: 'ENOSPC' }), undefined]);
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 20));
    await spool.close();
    expect(await reopened(async (next) => textsOf(await readAll(next)))).toEqual(texts(1, 20));
    expect(bed.lost).toEqual([]);
  });

  it('leaves at most an incomplete end if the process dies meanwhile', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 10));
    files.fail('write', 'ENOSPC', { partial: 20 });
    files.fail('truncate', 'ENOSPC');
    for (const text of texts(11, 20)) spool.append(entryOf(text));
    await until(() => spool.status.failures >= 2);
    expect(await spool.close(10)).toEqual({ unwritten: 10 });
    const found = await reopened(async (next) => [next.previousEnd, next.lastAppended, textsOf(await readAll(next))]);
    expect(found).toEqual(['killed', 11, texts(1, 11)]);
    expect(bed.lines.map(({ message }) => message)).toContain('closed the spool before everything was on the disk');
    expect(bed.lines.map(({ message }) => message)).toContain('cut off the end of the spool, which was not complete');
    expect(bed.lost).toEqual([]);
  });

  it('does not keep files that it could only create', async () => {
    const spool = await open();
    files.fail('write', 'ENOSPC');
    spool.append(entryOf('1'));
    await until(() => spool.status.failures >= 3);
    expect(readdirSync(bed.dir).filter((name) => name.endsWith('.segment'))).toEqual([]);
    files.heal();
    await spool.written(1);
    await spool.close();
  });
});

describe('a sync that fails', () => {
  it('is not believed afterwards: everything since the last good one is written again', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 5));
    await spool.synced(5);
    await write(spool, ...texts(6, 10));
    files.fail('datasync', 'EIO', { times: 2 });
    const before = files.calls.write;
    await spool.synced(10);
    // A new header, the five entries, and the acknowledged position.
    expect(files.calls.write - before).toBeGreaterThanOrEqual(3);
    expect(failures[0]).toMatchObject({ code: 'EIO' });
    await until(() => spool.failure === undefined);
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 10));
    await spool.close();
    expect(await reopened(async (next) => textsOf(await readAll(next)))).toEqual(texts(1, 10));
  });

  it('is known to the next process until everything is written again, because more may have been delivered', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 5));
    await spool.synced(5);
    await write(spool, ...texts(6, 10));
    spool.acknowledge(9);
    expect(await killed(endOf)).toEqual(['killed', '10']);
    files.fail('datasync', 'EIO', { in: '.segment' });
    const synced = spool.synced(10)!;
    await until(() => spool.status.failures >= 2);
    // The last entry there is 5, or none if it is on the disk already that 9 was delivered.
    expect((await killed(endOf))[0]).toBe('rebooted');
    files.heal();
    await synced;
    await until(() => !isMarked());
    expect(await killed(endOf)).toEqual(['killed', '10']);
    await spool.close();
    expect(await reopened(async (next) => next.previousEnd)).toBe('closed');
  });

  it('costs nothing that was written while that cannot be noted', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 5));
    await spool.synced(5);
    await write(spool, ...texts(6, 10));
    files.fail('datasync', 'EIO', { in: '.segment' });
    files.fail('rename', 'EIO', { in: 'session.json' });
    const synced = spool.synced(10)!;
    await until(() => spool.status.failures >= 3);
    expect(await killed(endOf)).toEqual(['killed', '10']);
    files.heal();
    await synced;
    await until(() => !isMarked());
    expect(await killed(endOf)).toEqual(['killed', '10']);
    await spool.close();
  });

  it('does not write again what was acknowledged, but always the last entry', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 10));
    spool.acknowledge(10);
    files.fail('datasync', 'EIO', { times: 1 });
    await spool.synced(10);
    await until(() => spool.failure === undefined);
    await write(spool, '11');
    await spool.close();
    await reopened(async (next) => {
      expect(next).toMatchObject({ acknowledged: 10, lastAppended: 11 });
      expect(textsOf(await readAll(next))).toEqual(['11']);
      expect(textsOf([next.lastEntry!])).toEqual(['11']);
    });
    expect(bed.lost).toEqual([]);
  });

  it('keeps in memory what is not on the disk, whatever the limit', async () => {
    const spool = await bed.open({ memoryBytes: 10_000 }, files);
    files.fail('datasync', 'EIO');
    for (const text of texts(1, 500)) spool.append(entryOf(text, 100));
    await spool.written(500);
    await until(() => spool.failure !== undefined);
    expect(spool.isFull).toBe(true);
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 500));
    files.heal();
    await spool.synced(500);
    await until(() => spool.failure === undefined);
    const reads = files.calls.read;
    expect(textsOf(await readAll(spool))).toEqual(texts(1, 500));
    expect(files.calls.read).toBeGreaterThan(reads);
    await spool.close();
  });
});

describe('a disk that is read-only', () => {
  it('is tried again until it can be written', async () => {
    const spool = await open();
    await write(spool, '1');
    for (const operation of ['open', 'write', 'truncate', 'unlink'] as const) files.fail(operation, 'EROFS');
    spool.append(entryOf('2'));
    await until(() => spool.status.failures >= 3);
    expect(spool.failure).toMatchObject({ code: 'EROFS', reason: expect.stringContaining('read-only') });
    files.heal();
    await spool.written(2);
    await spool.close();
    expect(await reopened(async (next) => textsOf(await readAll(next)))).toEqual(['1', '2']);
  });

  it('is reported when the spool is opened, and leaves it unlocked', async () => {
    files.fail('open', 'EROFS');
    await expect(open()).rejects.toThrow('EROFS');
    files.heal();
    await (await open()).close();
  });
});

describe('a disk that hangs', () => {
  it('does not stop the event loop, takes no more memory than the limit, and is waited for', async () => {
    const spool = await bed.open({ memoryBytes: 5000 }, files);
    files.hang('write');
    const before = files.calls.write;
    let count = 0;
    for (; !spool.isFull; count += 1) {
      spool.append(entryOf(count + 1, 100));
      await pause(1);
    }
    expect(count).toBeLessThan(60);
    expect(files.calls.write - before).toBe(1);
    expect(spool.lastWritten).toBe(0);
    expect(await spool.read(1, 1000)).toEqual([]);
    files.heal();
    await spool.written(count);
    expect(textsOf(await readAll(spool))).toEqual(texts(1, count));
    await spool.close();
  });

  it('keeps its lock when the spool is closed in vain, because it may still write', async () => {
    const spool = await open();
    files.hang('datasync');
    spool.append(entryOf('1'));
    await spool.close(200);
    await expect(bed.open()).rejects.toThrow('Another process');
    files.heal();
    // The lock and the files are free as soon as the disk has answered.
    await until(() => bed.openFiles().length === 0);
    await reopened(async (next) => expect(textsOf(await readAll(next))).toEqual(['1']));
  });
});

describe('a disk that fails while the spool is opened', () => {
  it.each(['read', 'write', 'sync'] as const)('leaves no file open: %s', async (operation) => {
    await (await open()).close();
    for (const name of ['.json', '.segment', 'acknowledged', 'proxy']) {
      files.fail(operation, 'EIO', { in: name });
      const spool = await open().catch((error: Error) => expect(error.message).toContain('EIO'));
      files.heal();
      await spool?.close();
      expect(bed.openFiles()).toEqual([]);
    }
  });

  it('is closed without a leak if it fails then', async () => {
    const spool = await open();
    files.fail('rename', 'EIO', { in: 'session.json' });
    await spool.close();
    expect(bed.openFiles()).toEqual([]);
    expect(bed.lines.at(-1)).toMatchObject({ level: 'error', fields: { error: 'EIO: rename' } });
    await reopened(async (next) => expect(next.previousEnd).toBe('killed'));
  });
});

describe('entries that wait when the spool closes', () => {
  it('are rejected if they could not be written', async () => {
    const spool = await open();
    files.fail('write', 'EIO');
    spool.append(entryOf('1'));
    const written = spool.written(1)!;
    const outcome = expect(written).rejects.toThrow('the spool was closed');
    await spool.close(50);
    await outcome;
  });
});

describe('an end that is not certain', () => {
  const reboot = (dir: string) => {
    const path = join(dir, 'session.json');
    const session = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...session, boot: 'another' }));
  };

  it('stays so for the process after the next one, if that one dies before it has written anything', async () => {
    const spool = await open();
    await write(spool, ...texts(1, 3));
    await spool.close();
    reboot(bed.dir);
    const path = join(bed.dir, 'session.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"closed":true', '"closed":false'));
    const second = await open();
    expect(endOf(second)).toEqual(['rebooted', '3']);
    expect(await killed(endOf)).toEqual(['rebooted', '3']);
    second.append(entryOf('4'));
    await second.synced(4);
    await until(() => !isMarked());
    expect(await killed(endOf)).toEqual(['killed', '4']);
    await second.close();
  });
});
