import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { chunkBytes, partBytesOn } from '../format/part-layout.ts';
import { digestOfRecording } from '../read/digest-of.ts';
import { bytesOf, createRecorderBed, sampleHead, type RecorderBed } from '../testing/create-recorder-bed.ts';
import type { Recorder } from './recorder.ts';

/** As on the disk that a bed has. */
const partBytes = partBytesOn(64 * 1024 * 1024);

let bed: RecorderBed;
let recorder: Recorder;
beforeEach(async () => {
  bed = await createRecorderBed();
  recorder = await bed.open();
});
afterEach(async () => {
  await recorder.close(10_000);
  bed.remove();
});

/** Records pieces of one stream and returns what is read back. */
async function record(pieces: readonly Buffer[]): Promise<Buffer> {
  const { id, writer, failures } = await bed.begin(recorder);
  for (const piece of pieces) {
    writer.data('stdout', piece);
    if (writer.waiting > 1_000_000) await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.finish({ exitCode: 0 });
  await recorder.close(10_000);
  expect(failures).toEqual([]);
  const frames = await bed.read(id);
  expect(frames.at(-1)).toMatchObject({ type: 'end', totals: { exitCode: 0 } });
  return bytesOf(frames);
}

describe('a recording', () => {
  it('has the head, every stream byte for byte, the sizes and the totals', async () => {
    const head = sampleHead();
    const { writer } = await bed.begin(recorder, head);
    writer.resize(80, 24);
    writer.data('stdout', Buffer.from([0xff, 0x00, 0xe2, 0x82]));
    writer.data('stderr', Buffer.from('oops'));
    writer.data('stdin', Buffer.from('ls\n'));
    await writer.finish({ exitCode: 3, reason: 'closed' });
    await recorder.close(10_000);
    const frames = await bed.read(head.id);
    expect(frames.map((frame) => ({ ...frame, time: 0 }))).toEqual([
      { type: 'part', time: 0, format: 1, recording: head.id, part: 1, head },
      { type: 'resize', time: 0, columns: 80, rows: 24 },
      { type: 'data', time: 0, stream: 'stdout', bytes: new Uint8Array([0xff, 0x00, 0xe2, 0x82]) },
      { type: 'data', time: 0, stream: 'stderr', bytes: new Uint8Array(Buffer.from('oops')) },
      { type: 'data', time: 0, stream: 'stdin', bytes: new Uint8Array(Buffer.from('ls\n')) },
      {
        type: 'end',
        time: 0,
        totals: { bytes: { stdin: 3, stdout: 4, stderr: 4, error: 0 }, exitCode: 3, reason: 'closed' },
      },
    ]);
    expect(frames.map(({ time }) => time)).toEqual(frames.map(({ time }) => time).toSorted((a, b) => a - b));
  });

  it('is published part by part before it is stored, and its digest is over those of its files', async () => {
    const { id, writer } = await bed.begin(recorder);
    bed.store.isAway = true;
    for (let count = 0; count < 9; count += 1) {
      writer.data('stdout', randomBytes(1_000_000));
      await until(() => writer.waiting === 0);
    }
    await writer.finish({});
    const { note, parts, finished } = bed.published.get(id)!;
    expect(note).toEqual({ about: id });
    expect(parts.map(({ part }) => part)).toEqual([1, 2, 3]);
    expect(bed.store.files.size).toBe(0);
    expect(recorder.status().waitingBytes).toBe(finished!.bytes);
    bed.store.isAway = false;
    await recorder.close(10_000);
    const files = parts.flatMap((part) => part.files);
    for (const { name, bytes, sha256 } of files) {
      const stored = bed.store.files.get(`${id}/${name}`)!;
      expect(stored.length).toBe(bytes);
      expect(createHash('sha256').update(stored).digest('hex')).toBe(sha256);
    }
    expect(finished).toEqual({
      outcome: 'complete',
      parts: 3,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: await digestOfRecording(files.map(({ sha256 }) => sha256)),
    });
    expect(bed.files()).toEqual([]);
    expect(recorder.status()).toEqual({ open: 0, diskBytes: 0, waitingBytes: 0, oldestWaitingMs: 0 });
  });

  it('may end at any distance from the end of a chunk', async () => {
    // The frames before the data have 12 bytes each and a head.
    for (const distance of [0, 1, 11, 12, 13, 23, 24, 25, 300]) {
      recorder = await reopen();
      const { id, writer } = await bed.begin(recorder);
      const rest = chunkBytes - 12 - distance - (writer.data('stdout', Buffer.alloc(0)) % chunkBytes);
      writer.data('stdout', randomBytes(rest));
      await writer.finish({});
      await recorder.close(10_000);
      expect(bytesOf(await bed.read(id)).length).toBe(rest);
    }
  });

  it('is the same however it is split', async () => {
    const whole = randomBytes(partBytes + 3 * chunkBytes + 7);
    const pieces: Buffer[] = [];
    for (let at = 0, size = 1; at < whole.length; at += size, size = (size * 7 + 13) % 100_000)
      pieces.push(whole.subarray(at, at + size));
    expect((await record(pieces)).equals(whole)).toBe(true);
  });

  it('takes a piece that is larger than a part, and pieces of one byte', async () => {
    const [large, small] = [randomBytes(2 * partBytes), randomBytes(20_000)];
    const pieces = [large, ...Array.from(small, (byte) => Buffer.from([byte]))];
    expect((await record(pieces)).equals(Buffer.concat([large, small]))).toBe(true);
  });

  it('says how far it is written, in order, and never more than is in the files', async () => {
    const offsets: number[] = [];
    const { writer } = await bed.begin(recorder, {}, { written: (offset) => void offsets.push(offset) });
    const end = writer.data('stdout', Buffer.from('hello'));
    expect(writer.waiting).toBeGreaterThan(0);
    await until(() => writer.written >= end);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.at(-1)).toBe(end);
    expect(writer.waiting).toBe(0);
    await writer.finish({});
  });

  it('takes nothing after its end', async () => {
    const { id, writer } = await bed.begin(recorder);
    const end = writer.finish({});
    const offset = writer.data('stdout', Buffer.from('late'));
    expect(writer.resize(1, 1)).toBe(offset);
    await end;
    await writer.finish({ reason: 'again' });
    await recorder.close(10_000);
    expect(bytesOf(await bed.read(id)).length).toBe(0);
  });
});

async function reopen(): Promise<Recorder> {
  await recorder.close(10_000);
  return bed.open();
}

describe('the directory', () => {
  it('belongs to one recorder', async () => {
    await expect(bed.open()).rejects.toThrow('Another process uses the directory');
  });
});

describe('what is published', () => {
  it('is published again until that succeeds, in order, and the part stays on the disk meanwhile', async () => {
    await recorder.close(0);
    const calls: string[] = [];
    let failures = 2;
    recorder = await bed.open({
      publish: {
        async part(_recording, { part }) {
          calls.push(`part ${part}`);
          if ((failures -= 1) >= 0) throw new Error('not now');
        },
        finished: async (_recording, { outcome }) => void calls.push(outcome),
      },
    });
    const { id, writer } = await bed.begin(recorder);
    const end = writer.finish({});
    await until(() => calls.length > 0);
    expect(bed.files()).toEqual([`${id}.000001.age`, `${id}.log`]);
    await end;
    expect(calls).toEqual(['part 1', 'part 1', 'part 1', 'complete']);
  });
});
