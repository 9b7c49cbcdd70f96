import { randomBytes } from 'node:crypto';
import { until } from '@sallyport/kit/testing';
import { createFaultyFiles, type FaultyFiles } from '@sallyport/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesOf, createRecorderBed, type RecorderBed } from '../testing/create-recorder-bed.ts';
import type { Recorder } from './recorder.ts';

let bed: RecorderBed;
let files: FaultyFiles;
let recorder: Recorder;
beforeEach(async () => {
  bed = await createRecorderBed();
  files = createFaultyFiles();
  recorder = await bed.open({}, files);
});
afterEach(async () => {
  files.heal();
  await recorder.close(10_000);
  bed.remove();
});

const finished = (id: string) => bed.published.get(id)?.finished;

describe('a disk that hangs', () => {
  it('ends a recording within seconds when it hangs', async () => {
    const { id, writer, failures } = await bed.begin(recorder);
    files.hang('write', { in: '.tail' });
    writer.data('stdout', Buffer.from('not seen'));
    const begun = performance.now();
    await until(() => failures.length > 0);
    expect(performance.now() - begun).toBeGreaterThan(3000);
    expect(failures[0]!.message).toContain('took longer than 4 s');
    files.heal();
    await writer.finish({});
    expect(finished(id)?.outcome).toBe('cut');
  });

  it('refuses a recording when it hangs, of which nothing is left', async () => {
    files.hang('open', { in: '.age' });
    await expect(bed.begin(recorder)).rejects.toThrow('took longer than 4 s');
    files.heal();
    await until(() => bed.files().length === 0);
    expect(recorder.status()).toMatchObject({ open: 0, diskBytes: 0 });
  });
});

describe('a disk that becomes full', () => {
  it('ends a recording that has a quarter of it while the store is away, and no other', async () => {
    await recorder.close(0);
    recorder = await bed.open({ maxBytes: 16 * 1024 * 1024 });
    bed.store.isAway = true;
    const [greedy, modest] = [await bed.begin(recorder), await bed.begin(recorder)];
    let length = 0;
    while (greedy.failures.length === 0) {
      if (greedy.writer.waiting < 500_000)
        length += greedy.writer.data('stdout', randomBytes(100_000)) > 0 ? 100_000 : 0;
      else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(greedy.failures[0]!.message).toBe('the disk for recordings is full');
    expect(length).toBeLessThan(6 * 1024 * 1024);
    const offset = modest.writer.data('stdout', Buffer.from('hello'));
    await until(() => modest.writer.written >= offset);
    bed.store.isAway = false;
    for (const { writer } of [greedy, modest]) await writer.finish({});
    await recorder.close(20_000);
    expect(finished(greedy.id)?.outcome).toBe('cut');
    expect(finished(modest.id)?.outcome).toBe('complete');
    expect(recorder.status().diskBytes).toBe(0);
  });

  it('holds a recording while the store is slow', async () => {
    await recorder.close(0);
    recorder = await bed.open({ maxBytes: 32 * 1024 * 1024 });
    const { id, writer, failures } = await bed.begin(recorder);
    const whole = randomBytes(24 * 1024 * 1024);
    const put = bed.store.put;
    bed.store.put = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return put(...args);
    };
    for (let at = 0; at < whole.length; at += 65_536) {
      writer.data('stdout', whole.subarray(at, at + 65_536));
      while (writer.waiting > 1_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await writer.finish({});
    await recorder.close(60_000);
    expect(failures).toEqual([]);
    expect(bytesOf(await bed.read(id)).equals(whole)).toBe(true);
  });
});
