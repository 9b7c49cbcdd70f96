import { describe, expect, it } from '@jest/globals';
import { createQueryLimiter } from './create-query-limiter.ts';

/** Queries that the test answers, in the order in which they ran. */
function createStore() {
  const started: { name: string; answer(): void; fail(): void }[] = [];
  const query = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      started.push({ name, answer: () => resolve(name), fail: () => reject(new Error(name)) });
    });
  return { query, started, names: () => started.map(({ name }) => name) };
}

const present = () => false;
const settled = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('the limiter of queries', () => {
  it('runs a limited number of queries at once and the others in order, even after failures', async () => {
    const { query, started, names } = createStore();
    const limiter = createQueryLimiter({ concurrency: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((name) => limiter.run(name, query(name), present).catch(() => 'failed'));
    await settled();
    expect(names()).toEqual(['a', 'b']);
    started[1]!.fail();
    await settled();
    expect(names()).toEqual(['a', 'b', 'c']);
    started[0]!.answer();
    started[2]!.answer();
    await settled();
    started[3]!.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'failed', 'c', 'd']);
  });

  it('refuses only a person who has too many open queries', async () => {
    const { query, started, names } = createStore();
    const limiter = createQueryLimiter({ concurrency: 1, perPerson: 2 });
    const own = [limiter.run('mallory', query('1'), present), limiter.run('mallory', query('2'), present)];
    await expect(limiter.run('mallory', query('3'), present)).rejects.toMatchObject({ code: 'too-many-requests' });
    const other = limiter.run('alice', query('4'), present);
    for (let next = 0; next < 3; next += 1) {
      await settled();
      started[next]!.answer();
    }
    await Promise.all([...own, other]);
    expect(names()).toEqual(['1', '2', '4']);
    const again = limiter.run('mallory', query('5'), present);
    await settled();
    started[3]!.answer();
    expect(await again).toBe('5');
  });

  it('skips the query of a caller who is gone', async () => {
    const { query, started, names } = createStore();
    const limiter = createQueryLimiter({ concurrency: 1 });
    let isGone = false;
    const answers = [
      limiter.run('a', query('1'), present),
      limiter.run('a', query('2'), () => isGone),
      limiter.run('a', query('3'), present),
    ];
    isGone = true;
    await settled();
    started[0]!.answer();
    await settled();
    started[1]!.answer();
    expect(await Promise.all(answers)).toEqual(['1', undefined, '3']);
    expect(names()).toEqual(['1', '3']);
  });
});
