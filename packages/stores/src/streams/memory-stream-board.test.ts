import { describe, expect, it } from '@jest/globals';
import { createMemoryStreamBoard } from './create-memory-stream-board.ts';
import { answerTo, describeStreamBoard, question } from '../testing/stream-board.conformance.ts';

describeStreamBoard('memory', async () => {
  const board = createMemoryStreamBoard({ now: Date.now });
  return { board, replica: board };
});

describe('a board of streams in memory', () => {
  it('forgets a question that nobody closes after five seconds, and takes in a bounded number', async () => {
    const clock = { now: 0 };
    const board = createMemoryStreamBoard({ now: () => clock.now });
    const first = question();
    await board.ask(first);
    for (let index = 1; index < 64; index += 1) await board.ask(question());
    await expect(board.ask(question())).rejects.toMatchObject({ code: 'too-many-requests' });
    clock.now = 4999;
    expect(await board.answer(answerTo(first, 'a'))).toBe(true);
    clock.now = 5000;
    expect(await board.answer(answerTo(first, 'b'))).toBe(false);
    await board.ask(question());
    expect(await board.take(first.id)).toEqual([]);
  });
});
