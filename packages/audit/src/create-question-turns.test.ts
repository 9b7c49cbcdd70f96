import { describe, expect, it } from '@jest/globals';
import { createQuestionTurns } from './create-question-turns.ts';

/** Questions that are answered when the test says so, in the order in which the store was asked. */
function createStore() {
  const asked: { name: string; answer(): void; fail(): void }[] = [];
  const question = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      asked.push({ name, answer: () => resolve(name), fail: () => reject(new Error(name)) });
    });
  return { question, asked, names: () => asked.map(({ name }) => name) };
}

const here = () => false;
const settled = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('turns of questions', () => {
  it('asks the store so many at once and the others in their order, whatever became of those before', async () => {
    const { question, asked, names } = createStore();
    const turns = createQuestionTurns({ atOnce: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((name) => turns.ask(name, question(name), here).catch(() => 'failed'));
    await settled();
    expect(names()).toEqual(['a', 'b']);
    asked[1]!.fail();
    await settled();
    expect(names()).toEqual(['a', 'b', 'c']);
    asked[0]!.answer();
    asked[2]!.answer();
    await settled();
    asked[3]!.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'failed', 'c', 'd']);
  });

  it('refuses a person who has too many open, and nobody else', async () => {
    const { question, asked, names } = createStore();
    const turns = createQuestionTurns({ atOnce: 1, perPerson: 2 });
    const own = [turns.ask('mallory', question('1'), here), turns.ask('mallory', question('2'), here)];
    await expect(turns.ask('mallory', question('3'), here)).rejects.toMatchObject({ code: 'too-many-requests' });
    const other = turns.ask('alice', question('4'), here);
    for (let next = 0; next < 3; next += 1) {
      await settled();
      asked[next]!.answer();
    }
    await Promise.all([...own, other]);
    expect(names()).toEqual(['1', '2', '4']);
    const again = turns.ask('mallory', question('5'), here);
    await settled();
    asked[3]!.answer();
    expect(await again).toBe('5');
  });

  it('does not ask for somebody who has gone, and goes on to the next', async () => {
    const { question, asked, names } = createStore();
    const turns = createQuestionTurns({ atOnce: 1 });
    let isGone = false;
    const answers = [
      turns.ask('a', question('1'), here),
      turns.ask('a', question('2'), () => isGone),
      turns.ask('a', question('3'), here),
    ];
    isGone = true;
    await settled();
    asked[0]!.answer();
    await settled();
    asked[1]!.answer();
    expect(await Promise.all(answers)).toEqual(['1', undefined, '3']);
    expect(names()).toEqual(['1', '3']);
  });
});
