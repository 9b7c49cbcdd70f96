import { describe, expect, it } from '@jest/globals';
import { machineLockHeld, takeMachineLock } from './machine-lock.ts';

describe('a lock on the machine', () => {
  it('makes the second process wait for the first and reports it', async () => {
    const name = `test-${process.pid}-${Date.now()}`;
    const order: string[] = [];
    const first = await takeMachineLock(name);
    const second = takeMachineLock(name, { onProgress: (line) => order.push(line) }).then((lock) => {
      order.push('second acquires');
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push('first releases');
    await first.release();
    await (await second).release();
    expect(order).toEqual([
      `waiting for process ${process.pid}, which holds ${name} on this machine`,
      'first releases',
      'second acquires',
    ]);
  });

  it('can be checked without taking it', async () => {
    const name = `look-${process.pid}-${Date.now()}`;
    expect(await machineLockHeld(name)).toBe(false);
    const lock = await takeMachineLock(name);
    expect(await machineLockHeld(name)).toBe(true);
    await lock.release();
    expect(await machineLockHeld(name)).toBe(false);
  });
});
