import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFaultyFiles, type FaultyFiles } from '../testing/faulty-files.ts';
import { createSpoolBed, entryOf, textsOf, type SpoolBed } from '../testing/spool-bed.ts';

let bed: SpoolBed;
let files: FaultyFiles;
let now: number;
beforeEach(() => {
  bed = createSpoolBed();
  files = createFaultyFiles();
  now = Date.now();
});
afterEach(() => bed.remove());

const damaged = () => readdirSync(bed.dir).filter((name) => name.endsWith('.damaged'));

/** Opens a spool with the entries 1 to 30, nine of them in each file, that are not in memory. */
async function open() {
  const filling = await bed.open({ segmentBytes: 1000 });
  for (let index = 1; index <= 30; index += 1) {
    filling.append(entryOf(index, 100));
    await filling.written(index);
  }
  await filling.close();
  return bed.open({ segmentBytes: 1000, now: () => now }, files);
}

describe('a file that the disk cannot read', () => {
  it('holds up what follows for a minute, then is given up, named, and kept', async () => {
    const spool = await open();
    files.fail('read', 'EIO');
    for (let attempt = 1; attempt <= 60; attempt += 1) {
      await expect(spool.read(1, 2000)).rejects.toMatchObject({ code: 'EIO' });
      now += 1000;
    }
    expect(bed.lost).toEqual([]);
    expect(damaged()).toEqual([]);
    files.fail('read', 'EIO', { times: 1 });
    const entries = await spool.read(1, 500);
    expect(textsOf(entries)).toEqual(['10', '11', '12', '13', '14']);
    expect(bed.lost).toEqual([{ from: 1, to: 9, reason: expect.stringMatching(/cannot be read: EIO.*\.damaged$/) }]);
    expect(bed.lines).toContainEqual(expect.objectContaining({ message: 'entries of the spool are lost' }));
    spool.acknowledge(14);
    spool.append(entryOf('new'));
    await spool.synced(31);
    expect(damaged()).toEqual(['0000000000000001.segment.damaged']);
    await spool.close();
  });

  it('is not given up by a few attempts, however long ago the first was', async () => {
    const spool = await open();
    files.fail('read', 'EIO', { times: 4 });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await expect(spool.read(1, 2000)).rejects.toMatchObject({ code: 'EIO' });
      now += 60_000;
    }
    expect(textsOf(await spool.read(1, 200))).toEqual(['1', '2']);
    files.fail('read', 'EIO', { times: 1 });
    await expect(spool.read(1, 2000)).rejects.toMatchObject({ code: 'EIO' });
    expect(bed.lost).toEqual([]);
    await spool.close();
  });

  it('prevents the start, and the error says what to do', async () => {
    await (await open()).close();
    files.fail('read', 'EIO', { in: '.segment' });
    const error = /Cannot read .*\.segment of the spool: EIO.* move the file out of the directory/;
    await expect(bed.open({}, files)).rejects.toThrow(error);
  });
});
