import { describe, expect, it } from '@jest/globals';
import { createFrameOpener } from '../read/open-frames.ts';
import { parseFrames } from '../read/parse-frames.ts';
import { LiveTap, type LiveBatch } from './live-tap.ts';
import { sealFor } from './seal-for.ts';

const text = (batch: LiveBatch | undefined) =>
  parseFrames(batch!.frames)
    .map((frame) =>
      frame.type === 'data'
        ? Buffer.from(frame.bytes).toString()
        : frame.type === 'resize'
          ? `${frame.columns}x${frame.rows}|`
          : '',
    )
    .join('');

describe('a running session that is watched', () => {
  it('is shown from the moment that the watch begins, with the size of the window first', async () => {
    const tap = new LiveTap();
    tap.resize(80, 24);
    tap.data('stdout', Buffer.from('before'));
    const first = await tap.read('a', undefined, 0);
    expect([text(first), first!.lost, first!.isOver]).toEqual(['80x24|', 0, false]);
    tap.data('stdout', Buffer.from('one '));
    tap.resize(120, 40);
    tap.data('stderr', Buffer.from('two'));
    const second = await tap.read('a', first!.next, 0);
    expect(text(second)).toBe('one 120x40|two');
    expect(text(await tap.read('a', second!.next, 0))).toBe('');
  });

  it('shows the same again to a watcher who did not get the answer', async () => {
    const tap = new LiveTap();
    const { next } = (await tap.read('a', undefined, 0))!;
    tap.data('stdout', Buffer.from('x'));
    expect([text(await tap.read('a', next, 0)), text(await tap.read('a', next, 0))]).toEqual(['x', 'x']);
  });

  it('answers as soon as there is output, and when it ends', async () => {
    const tap = new LiveTap();
    const { next } = (await tap.read('a', undefined, 0))!;
    const waiting = tap.read('a', next, 60_000);
    tap.data('stdout', Buffer.from('x'));
    const batch = await waiting;
    expect(text(batch)).toBe('x');
    const last = tap.read('a', batch!.next, 60_000);
    tap.close();
    expect(await last).toMatchObject({ isOver: true });
  });

  it('is over for a watcher only after the last output', async () => {
    const tap = new LiveTap();
    const { next } = (await tap.read('a', undefined, 0))!;
    for (let index = 0; index < 6; index += 1) tap.data('stdout', Buffer.alloc(65_536));
    tap.close();
    const first = await tap.read('a', next, 0);
    const second = await tap.read('a', first!.next, 0);
    expect([first!.isOver, second!.isOver]).toEqual([false, true]);
  });

  it('drops the oldest output for a slow watcher, says how much, and shows the window again', async () => {
    const tap = new LiveTap();
    tap.resize(80, 24);
    const { next } = (await tap.read('slow', undefined, 0))!;
    for (let index = 0; index < 100; index += 1) tap.data('stdout', Buffer.alloc(65_536, index));
    let [seen, after, lost] = [0, next, 0];
    for (let turn = 0; turn < 10; turn += 1) {
      const batch = (await tap.read('slow', after, 0))!;
      for (const frame of parseFrames(batch.frames)) if (frame.type === 'data') seen += frame.bytes.length;
      if (turn === 0) expect(parseFrames(batch.frames)[0]).toMatchObject({ type: 'resize', columns: 80 });
      expect(batch.frames.length).toBeLessThan(300 * 1024);
      after = batch.next;
      lost += batch.lost;
    }
    expect(lost + seen).toBe(100 * 65_536);
    expect(seen).toBeLessThanOrEqual(512 * 1024);
    expect(seen).toBeGreaterThan(400 * 1024);
  });

  it('keeps a bounded number of frames of one byte', async () => {
    const tap = new LiveTap();
    const { next } = (await tap.read('slow', undefined, 0))!;
    for (let index = 0; index < 100_000; index += 1) tap.data('stdout', Buffer.from('x'));
    const batch = (await tap.read('slow', next, 0))!;
    expect(batch.lost).toBeGreaterThan(95_000);
    expect(batch.lost + text(batch).length).toBe(100_000);
  });

  it('keeps nothing once those who watched are gone', async () => {
    let now = 0;
    const tap = new LiveTap(() => now);
    const { next } = (await tap.read('a', undefined, 0))!;
    tap.data('stdout', Buffer.from('kept'));
    now = 10_001;
    expect(tap.isWatched()).toBe(false);
    tap.data('stdout', Buffer.from('not'));
    expect(await tap.read('a', next, 0)).toMatchObject({ lost: 7, next: next + 7 });
  });

  it('shows much that was sent at once in several batches', async () => {
    const tap = new LiveTap();
    let { next } = (await tap.read('a', undefined, 0))!;
    tap.data('stdout', Buffer.alloc(400_000));
    let seen = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      const batch = (await tap.read('a', next, 0))!;
      expect(batch.frames.length).toBeLessThan(300 * 1024);
      for (const frame of parseFrames(batch.frames)) if (frame.type === 'data') seen += frame.bytes.length;
      next = batch.next;
    }
    expect(seen).toBe(400_000);
  });

  it('is shown to four people at a time', async () => {
    let now = 0;
    const tap = new LiveTap(() => now);
    for (const one of ['a', 'b', 'c', 'd']) expect(await tap.read(one, undefined, 0)).toBeDefined();
    expect(await tap.read('e', undefined, 0)).toBeUndefined();
    expect(await tap.read('a', 0, 0)).toBeDefined();
    now = 10_001;
    expect(await tap.read('e', undefined, 0)).toBeDefined();
  });
});

describe('what is sealed for one who watches', () => {
  it('opens with their key only', async () => {
    const [one, other] = [await createFrameOpener(), await createFrameOpener()];
    const tap = new LiveTap();
    const { next } = (await tap.read('a', undefined, 0))!;
    tap.data('stdout', Buffer.alloc(150_000, 7));
    const sealed = sealFor(one.recipient, (await tap.read('a', next, 0))!.frames);
    const frames = await one.open(sealed);
    const bytes = frames.flatMap((frame) => (frame.type === 'data' ? [frame.bytes] : []));
    expect(Buffer.concat(bytes).equals(Buffer.alloc(150_000, 7))).toBe(true);
    await expect(other.open(sealed)).rejects.toThrow();
    await expect(one.open(sealed.subarray(0, -1))).rejects.toThrow('damaged');
  });

  it.each(['age1x', '', `age1${'q'.repeat(58)}`])('is not sealed for what is no public key: "%s"', (recipient) => {
    expect(() => sealFor(recipient, Buffer.alloc(1))).toThrow();
  });
});
