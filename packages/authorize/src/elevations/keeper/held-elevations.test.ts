import { expect, it } from '@jest/globals';
import { createMemoryElevationStore } from '@sallyport/stores';
import { createHeldElevations } from './held-elevations.ts';

it('elevations in memory are read again until that has worked, once a change may have been missed', async () => {
  const store = createMemoryElevationStore({ now: Date.now });
  let missed = false;
  let away = false;
  let reads = 0;
  const held = createHeldElevations({
    store: {
      ...store,
      async changesSince(position) {
        const changes = await store.changesSince(position);
        if (!missed) return changes;
        missed = false;
        return { ...changes, ids: undefined };
      },
      async open() {
        if (away) throw new Error('planted');
        reads += 1;
        return store.open();
      },
    },
  });
  await held.refresh();
  await held.refresh();
  expect(reads).toBe(1);
  [missed, away] = [true, true];
  await expect(held.refresh()).rejects.toThrow('planted');
  await expect(held.refresh()).rejects.toThrow('planted');
  away = false;
  await held.refresh();
  await held.refresh();
  expect(reads).toBe(2);
});
