import { describe, expect, it } from '@jest/globals';
import { Journal } from './journal.ts';
import type { StateChange } from './state-worker.ts';

/** Creates a journal of one table, and what it writes: each batch as the test settles it. */
function createRig() {
  const values = new Map<string, number>();
  const batches: { keys: string[]; done: PromiseWithResolvers<void> }[] = [];
  const journal = new Journal({
    read: (_table, key) => values.get(key),
    write(changes: readonly StateChange[]) {
      const done = Promise.withResolvers<void>();
      batches.push({ keys: changes.map(([, key, value]) => (value === null ? `-${key}` : key)), done });
      return done.promise;
    },
    onFailure: () => undefined,
    onRecovery: () => undefined,
  });
  const set = (key: string) => {
    const change = values.has(key) ? 'set' : 'added';
    values.set(key, 1);
    journal.note('table', key, change);
  };
  const remove = (key: string) => {
    values.delete(key);
    journal.note('table', key, 'deleted');
  };
  return { journal, batches, set, remove };
}

describe('a journal', () => {
  it('writes a batch that failed before what was changed meanwhile', async () => {
    const { journal, batches, set, remove } = createRig();
    for (const key of ['a', 'b', 'c']) set(key);
    const first = journal.saved();
    set('d');
    // It is at the end of its map now.
    remove('a');
    set('a');
    set('b');
    const second = journal.saved();
    batches[0]!.done.reject(new Error('the disk is full'));
    await expect(first).rejects.toMatchObject({ code: 'sessions-unavailable' });
    expect(batches[1]!.keys).toEqual(['b', 'c', 'd', '-a', 'a']);
    batches[1]!.done.resolve();
    await second;
    expect(journal.saved()).toBeUndefined();
  });

  it('writes what was deleted and added again in one batch in the order of the map', async () => {
    const { journal, batches, set, remove } = createRig();
    set('a');
    remove('a');
    set('b');
    set('a');
    set('c');
    set('a');
    const saved = journal.saved();
    expect(batches[0]!.keys).toEqual(['b', '-a', 'a', 'c']);
    batches[0]!.done.resolve();
    await saved;
  });
});
