import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { eventually, until } from '@sallyport/kit/testing';
import { describeOnSmallDisk } from '../testing/describe-on-small-disk.ts';
import { createSpoolBed, entryOf, readAll, textsOf } from '../testing/spool-bed.ts';

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

describeOnSmallDisk('a disk of one mebibyte', ({ path, remount }) => {
  it('that is full gets everything once there is space, and nothing is lost', async () => {
    const bed = createSpoolBed(path);
    const spool = await bed.open();
    await eventually('the disk to be full', async () => {
      spool.append(entryOf(spool.lastAppended + 1, 10_000));
      await Promise.race([spool.written(spool.lastAppended), pause(50)]);
      return spool.failure;
    });
    expect(spool).toMatchObject({ isFull: true, failure: { code: 'ENOSPC' } });
    const [written, last] = [spool.lastWritten, spool.lastAppended];
    expect(written).toBeLessThan(last);
    expect(textsOf(await readAll(spool, 1, 100_000))).toEqual(numbers(1, written));
    remount('size=4m');
    await spool.written(last);
    await until(() => spool.failure === undefined);
    expect(spool.isFull).toBe(false);
    await spool.close();
    const again = await bed.open();
    expect(textsOf(await readAll(again, 1, 100_000))).toEqual(numbers(1, last));
    await again.close();
    expect(bed.lost).toEqual([]);
    bed.remove();
  });

  it('that another program fills recovers when what is acknowledged is deleted', async () => {
    const bed = createSpoolBed(path);
    const spool = await bed.open({ segmentBytes: 100_000 });
    for (const text of numbers(1, 100)) {
      spool.append(entryOf(text, 10_000));
      await spool.written(spool.lastAppended);
    }
    const filling = join(path, 'filling');
    expect(() => writeFileSync(filling, Buffer.alloc(4 * 1024 * 1024))).toThrow('ENOSPC');
    await eventually('the disk to be full', async () => {
      spool.append(entryOf(spool.lastAppended + 1, 10_000));
      await pause(5);
      return spool.failure;
    });
    const last = spool.lastAppended;
    spool.acknowledge(100);
    await spool.written(last);
    await until(() => spool.failure === undefined);
    expect(textsOf(await readAll(spool, 101, 100_000))).toEqual(numbers(101, last));
    await spool.close();
    rmSync(filling);
    bed.remove();
  });

  it('that becomes read-only is reported, and used again when it is writable', async () => {
    const bed = createSpoolBed(path);
    const spool = await bed.open();
    spool.append(entryOf(1));
    await spool.synced(1);
    await spool.close();
    remount('ro');
    await expect(bed.open()).rejects.toThrow(/read-only|EROFS|readonly/);
    remount('rw');
    const again = await bed.open();
    expect(textsOf(await readAll(again))).toEqual(['1']);
    await again.close();
    bed.remove();
  });
});
