import { describeNameStore } from '../testing/name-store.conformance.ts';
import { createMemoryNameStore } from './name-store.ts';

describeNameStore('memory', async () => {
  const clock = { now: 1_800_000_000_000 };
  const store = createMemoryNameStore({ now: () => clock.now });
  return { store, replica: store, clock };
});
