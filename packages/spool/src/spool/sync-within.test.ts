import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { until } from '@sallyport/kit/testing';
import type { Spool } from './spool.ts';
import { createFaultyFiles, type FaultyFiles } from '../testing/faulty-files.ts';
import { createSpoolBed, entryOf, write, type SpoolBed } from '../testing/spool-bed.ts';

const syncWithinMs = 20;
let bed: SpoolBed;
let files: FaultyFiles;
let spool: Spool;
beforeEach(async () => {
  bed = createSpoolBed();
  files = createFaultyFiles();
});
afterEach(async () => {
  jest.useRealTimers();
  files.heal();
  await spool.close();
  bed.remove();
});

/** Opens a spool whose timers only `jest.advanceTimersByTime` lets expire. */
async function open(options: { syncWithinMs?: number } = { syncWithinMs }) {
  spool = await bed.open(options, files);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
}
/** Lets the given time pass, and what it starts end. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    jest.advanceTimersByTime(1);
    await setImmediate();
  }
}
/** Lets time pass until no timer is left. What a timer starts may take a while on the disk, and start another. */
const untilNoTimer = () =>
  until(async () => {
    await pass(10);
    return jest.getTimerCount() === 0;
  });
/** True if the entry was synced without anyone asking for it. */
const isSynced = (position: number) => spool.synced(position) === undefined;

describe('an entry that waits for its acknowledgement', () => {
  it('is synced in time although nobody waits for that', async () => {
    await open();
    await write(spool, 1, 2);
    await pass(syncWithinMs);
    await until(() => files.calls.datasync === 1);
    await until(() => isSynced(2));
    await untilNoTimer();
    expect(files.calls.datasync).toBe(1);
  });

  it('is synced in time although others are added all the while', async () => {
    await open();
    await write(spool, 1);
    for (let ms = 0; ms < syncWithinMs; ms += 1) {
      spool.append(entryOf(`later ${ms}`));
      await pass(1);
    }
    await until(() => files.calls.datasync > 0);
    await until(() => isSynced(1));
  });

  it('is synced with the others that wait, once per interval', async () => {
    await open();
    for (let ms = 0; ms < 10 * syncWithinMs; ms += 1) {
      spool.append(entryOf(ms));
      await spool.written(spool.lastAppended);
      await pass(1);
    }
    expect(files.calls.datasync).toBeGreaterThan(2);
    expect(files.calls.datasync).toBeLessThanOrEqual(41);
  });

  it('is synced as soon as it is written if the disk was slow', async () => {
    await open();
    files.hang('write');
    spool.append(entryOf(1));
    await pass(10 * syncWithinMs);
    expect(files.calls.datasync).toBe(0);
    files.heal();
    await until(() => files.calls.datasync === 1);
    await until(() => isSynced(1));
  });

  it('is synced again after a sync has failed', async () => {
    await open();
    files.fail('datasync', 'EIO', { times: 1 });
    await write(spool, 1);
    await pass(syncWithinMs);
    await until(() => spool.failure !== undefined);
    await pass(100);
    await until(() => spool.failure === undefined);
    expect(isSynced(1)).toBe(true);
  });
});

describe('an entry that is acknowledged in time', () => {
  it('costs no sync', async () => {
    await open();
    for (let ms = 0; ms < 10 * syncWithinMs; ms += 1) {
      await write(spool, ms);
      if (ms >= 14) spool.acknowledge(ms - 13);
      await pass(1);
    }
    spool.acknowledge(spool.lastWritten);
    await pass(10 * syncWithinMs);
    expect(files.calls.datasync).toBe(0);
  });

  it('leaves no timer behind', async () => {
    await open();
    await write(spool, 1);
    spool.acknowledge(1);
    await untilNoTimer();
  });
});

describe('without such a time', () => {
  it('an entry is not synced by itself', async () => {
    await open({});
    await write(spool, 1);
    await pass(1000);
    expect(files.calls.datasync).toBe(0);
  });
});
