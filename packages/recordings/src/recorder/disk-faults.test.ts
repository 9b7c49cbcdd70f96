import { randomBytes } from 'node:crypto';
import { until } from '@sallyport/kit/testing';
import { createFaultyFiles, type FaultyFiles } from '@sallyport/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bytesOf, createRecorderBed, sampleHead, type RecorderBed } from '../testing/create-recorder-bed.ts';
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

describe('a disk that fails', () => {
  it.each(['.log', '.age', '.key.age', '.tail'])('refuses a recording if it takes no %s', async (name) => {
    files.fail('write', 'ENOSPC', { in: name, partial: 20 });
    await expect(bed.begin(recorder)).rejects.toThrow('the disk for recordings is full');
    await until(() => bed.files().length === 0);
    expect(recorder.status()).toMatchObject({ open: 0, diskBytes: 0 });
    expect(bed.published.size).toBe(0);
    files.heal();
    await (await bed.begin(recorder)).writer.finish({});
  });

  it.each([
    ['.tail', 100],
    ['.age', 100_000],
  ])('ends a recording when a write to %s is cut short, which has all that was written', async (name, length) => {
    const { id, writer, failures } = await bed.begin(recorder);
    const first = randomBytes(200_000);
    const offset = writer.data('stdout', first);
    await until(() => writer.written >= offset);
    files.fail('write', 'ENOSPC', { in: name, partial: 50, times: 1 });
    writer.data('stdout', randomBytes(length));
    await until(() => failures.length > 0);
    expect(failures[0]!.message).toBe('the disk for recordings is full');
    expect(writer.data('stdout', first)).toBe(writer.data('stdout', first));
    await writer.finish({});
    await recorder.close(10_000);
    expect(failures.length).toBe(1);
    expect(finished(id)).toMatchObject({ outcome: 'cut', parts: 1 });
    expect(
      bytesOf(await bed.read(id))
        .subarray(0, first.length)
        .equals(first),
    ).toBe(true);
    expect(bed.files()).toEqual([]);
    expect(recorder.status().diskBytes).toBe(0);
  });

  it('publishes what there is when it answers again', async () => {
    const { id, writer, failures } = await bed.begin(recorder);
    files.fail('write', 'EIO');
    files.fail('read', 'EIO');
    writer.data('stdout', Buffer.from('lost'));
    const end = writer.finish({});
    await until(() => failures.length > 0);
    await until(() => bed.lines.length > 0);
    expect(bed.published.has(id)).toBe(false);
    files.heal();
    await end;
    expect(finished(id)?.outcome).toBe('cut');
  });

  it('does at most two things at once', async () => {
    const { promise: hanging, resolve: heal } = Promise.withResolvers<void>();
    files.hang('write');
    const all = Array.from({ length: 8 }, () => bed.begin(recorder, sampleHead()));
    const counted = files.calls.write + files.calls.open;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(files.calls.write).toBe(2);
    expect(counted).toBeLessThan(8);
    heal();
    await hanging;
    files.heal();
    for (const { writer } of await Promise.all(all)) await writer.finish({});
  });

  it('lets a part be stored that the log has no room for, and notes it then', async () => {
    const { id, writer } = await bed.begin(recorder);
    files.fail('write', 'ENOSPC', { in: '.log', times: 2 });
    await writer.finish({});
    await until(() => bed.files().length === 0);
    expect(finished(id)).toMatchObject({ outcome: 'complete', parts: 1 });
  });
});

describe('a disk without room', () => {
  it('refuses a recording, and takes one again when others are stored', async () => {
    await recorder.close(0);
    recorder = await bed.open({ maxBytes: 1_000_000 });
    const one = await bed.begin(recorder);
    const others = [await bed.begin(recorder), await bed.begin(recorder), await bed.begin(recorder)];
    await expect(bed.begin(recorder)).rejects.toThrow('the disk for recordings is full');
    await one.writer.finish({});
    await until(() => recorder.status().waitingBytes === 0);
    others.push(await bed.begin(recorder));
    for (const { writer } of others) await writer.finish({});
  });
});
