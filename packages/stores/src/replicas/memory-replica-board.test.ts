import { describe, expect, it } from '@jest/globals';
import { createMemoryReplicaBoard } from './create-memory-replica-board.ts';
import { describeReplicaBoard, report } from '../testing/replica-board.conformance.ts';

describeReplicaBoard('memory', async () => {
  const board = createMemoryReplicaBoard({ now: Date.now });
  return { board, replica: board };
});

describe('a board in memory', () => {
  it('forgets who has not reported for a while, and takes in a bounded number', async () => {
    const clock = { now: 0 };
    const board = createMemoryReplicaBoard({ now: () => clock.now });
    for (let index = 0; index < 1100; index += 1) await board.put(report('proxy', String(index)));
    expect(await board.list()).toHaveLength(1000);
    clock.now = 10_000;
    await board.put(report('proxy', '7', { version: 'v2' }));
    clock.now = 20_000;
    expect(await board.list()).toEqual([report('proxy', '7', { version: 'v2' })]);
  });
});
