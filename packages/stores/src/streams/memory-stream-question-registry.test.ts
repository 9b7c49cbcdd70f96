import { describe, expect, it } from '@jest/globals';
import { answerTo, question } from '../testing/example-stream-question.ts';
import { describeStreamQuestionRegistry } from '../testing/stream-question-registry.conformance.ts';
import { createMemoryStreamQuestionRegistry } from './stream-question-registry.ts';

describeStreamQuestionRegistry('memory', async () => {
  const registry = createMemoryStreamQuestionRegistry({ now: Date.now });
  return { registry, replica: registry };
});

describe('a registry of stream questions in memory', () => {
  it('forgets an open question after five seconds, and keeps a bounded number', async () => {
    const clock = { now: 0 };
    const registry = createMemoryStreamQuestionRegistry({ now: () => clock.now });
    const first = question();
    await registry.ask(first);
    for (let index = 1; index < 64; index += 1) await registry.ask(question());
    await expect(registry.ask(question())).rejects.toMatchObject({ code: 'too-many-requests' });
    clock.now = 4999;
    expect(await registry.answer(answerTo(first, 'a'))).toBe(true);
    clock.now = 5000;
    expect(await registry.answer(answerTo(first, 'b'))).toBe(false);
    await registry.ask(question());
    expect(await registry.take(first.id)).toEqual([]);
  });
});
