import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, until } from '@sallyport/kit/testing';
import { bytesOf, createRecorderBed, sampleHead, type RecorderBed } from '../testing/create-recorder-bed.ts';
import { createMortalFiles, type MortalFiles } from '../testing/create-mortal-files.ts';

let bed: RecorderBed;
beforeEach(async () => {
  bed = await createRecorderBed();
});
afterEach(() => bed.remove());

const head = sampleHead();
/** Small pieces and chunks, and then a part that becomes full. */
const short = [10, 3, 70_000, 5, 65_536 * 2, 1].map((length) => randomBytes(length));
const long = [...short, ...[4_100_000, 1, 200].map((length) => randomBytes(length))];

/** Records pieces until the process dies. Returns how many bytes the client has got. */
async function recordAndDie(pieces: readonly Buffer[], files: MortalFiles): Promise<number> {
  const recorder = await bed.open({}, files);
  const waiting: { offset: number; length: number }[] = [];
  let sent = 0;
  const work = async (): Promise<void> => {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const writer = await recorder.begin(head, 'the note', {
      written(offset) {
        while (waiting[0] && waiting[0].offset <= offset) sent += waiting.shift()!.length;
      },
      failed: reject,
    });
    for (const piece of pieces) {
      waiting.push({ offset: writer.data('stdout', piece), length: piece.length });
      while (writer.waiting > 0) await Promise.race([new Promise((resolve) => setTimeout(resolve, 1)), failed]);
    }
    await writer.finish({});
  };
  const stored = () => until(() => bed.files().length === 0);
  await Promise.race([work().then(stored), files.death]);
  const got = sent;
  await recorder.close(0);
  await files.bury();
  return got;
}

/** Lets the next process do its work, and returns what can be read then. */
async function recoverAndRead(): Promise<Buffer> {
  const recorder = await bed.open();
  await eventually(
    'everything to be stored',
    () => bed.files().length === 0,
    undefined,
    () => `besides ${bed.files().join(' ')}`,
  );
  await recorder.close(10_000);
  return bed.published.has(head.id) ? bytesOf(await bed.read(head.id)) : Buffer.alloc(0);
}

const clear = (): void => {
  bed.published.clear();
  bed.store.files.clear();
};

/** Returns how many operations the recording of the pieces takes. */
async function countCalls(pieces: readonly Buffer[]): Promise<number> {
  clear();
  const files = createMortalFiles(Infinity);
  await recordAndDie(pieces, files);
  return files.calls;
}

/** Lets a process die in this operation, and checks what the next one finds. */
async function checkDeath(pieces: readonly Buffer[], last: number): Promise<void> {
  clear();
  const whole = Buffer.concat(pieces);
  const got = await recordAndDie(pieces, createMortalFiles(last));
  const found = await recoverAndRead();
  expect(found.length).toBeGreaterThanOrEqual(got);
  expect(whole.subarray(0, found.length).equals(found)).toBe(true);
  const published = bed.published.get(head.id);
  if (!published) return;
  expect(published.note).toBe('the note');
  expect(published.finished).toMatchObject({ parts: published.parts.length });
  if (published.finished?.outcome === 'complete') expect(found.length).toBe(whole.length);
}

describe('a process that is killed in any operation', () => {
  it('has lost nothing that the client got, and the next one publishes and stores exactly what was there', async () => {
    const [fewer, more] = [await countCalls(short), await countCalls(long)];
    for (let last = 1; last <= fewer; last += 1) await checkDeath(short, last);
    for (let last = more - 20; last <= more; last += 1) await checkDeath(long, last);
  });

  it('can die while it recovers, at any operation', async () => {
    for (let last = 1, isAlive = false; !isAlive; last += 1) {
      clear();
      const got = await recordAndDie(short, createMortalFiles(22));
      expect(got).toBeGreaterThan(0);
      const files = createMortalFiles(last);
      const recorder = await bed.open({}, files);
      isAlive = await Promise.race([
        files.death.then(() => false),
        until(() => bed.files().length === 0).then(() => true),
      ]);
      await recorder.close(0);
      await files.bury();
      const found = await recoverAndRead();
      expect(found.length).toBeGreaterThanOrEqual(got);
      expect(Buffer.concat(short).subarray(0, found.length).equals(found)).toBe(true);
      expect(bed.published.get(head.id)?.finished?.outcome).toBe('cut');
    }
  });
});
