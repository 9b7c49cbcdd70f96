import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createRecorderBed, type RecorderBed } from '../testing/create-recorder-bed.ts';
import type { Recorder } from './recorder.ts';

let bed: RecorderBed;
let recorder: Recorder;
beforeEach(async () => {
  bed = await createRecorderBed();
  recorder = await bed.open();
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'Date', 'nextTick', 'queueMicrotask'] });
});
afterEach(async () => {
  jest.useRealTimers();
  await recorder.close(10_000);
  bed.remove();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Waits for the disk, without the time that the timers have. */
async function settle(condition: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000 && !condition(); turns += 1) await turn();
}

describe('a part', () => {
  it('is closed 5 s after it began, and the next one begins with what comes then', async () => {
    const { id, writer } = await bed.begin(recorder);
    const count = () => bed.published.get(id)?.parts.length ?? 0;
    jest.advanceTimersByTime(4999);
    await settle(() => count() > 0);
    expect(count()).toBe(0);
    jest.advanceTimersByTime(1);
    await settle(() => count() === 1);
    expect(count()).toBe(1);
    jest.advanceTimersByTime(60_000);
    writer.data('stdout', Buffer.from('later'));
    jest.advanceTimersByTime(5000);
    await settle(() => count() === 2);
    expect(count()).toBe(2);
    jest.useRealTimers();
    await writer.finish({});
    await recorder.close(10_000);
    const frames = await bed.read(id);
    expect(frames.map(({ type }) => type)).toEqual(['part', 'close', 'part', 'data', 'close', 'part', 'end']);
  });

  it('shows every few minutes that a silent recording still runs', async () => {
    const { id, writer } = await bed.begin(recorder);
    const count = () => bed.published.get(id)?.parts.length ?? 0;
    for (let part = 1; part <= 3; part += 1) {
      jest.advanceTimersByTime(5000);
      await settle(() => count() === part);
      expect(count()).toBe(part);
      jest.advanceTimersByTime(240_000);
    }
    jest.useRealTimers();
    await writer.finish({});
    await recorder.close(10_000);
    const types = (await bed.read(id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'idle').length).toBe(3);
  });
});
