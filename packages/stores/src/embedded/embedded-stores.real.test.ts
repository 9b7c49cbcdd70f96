import { createMemoryElevationStore } from '../elevations/create-memory-elevation-store.ts';
import { createMemoryNameStore } from '../names/name-store.ts';
import { createMemoryProviderTokenStore } from '../provider-tokens/provider-token-store.ts';
import { createMemorySessionStore } from '../sessions/create-memory-session-store.ts';
import { createMemorySingleUseStore } from '../single-use/single-use-store.ts';
import { describeElevationStore } from '../testing/elevation-store.conformance.ts';
import { describeNameStore } from '../testing/name-store.conformance.ts';
import { describeNoticeOutbox } from '../testing/notice-outbox.conformance.ts';
import { describeProviderTokenStore } from '../testing/provider-token-store.conformance.ts';
import { describeRightsEnds } from '../testing/rights-ends.conformance.ts';
import { describeSessionExpiry } from '../testing/session-expiry.conformance.ts';
import { describeSessionParents } from '../testing/session-parents.conformance.ts';
import { describeSessionStore } from '../testing/session-store.conformance.ts';
import { describeSessionUpdates } from '../testing/session-updates.conformance.ts';
import { describeSessionUse } from '../testing/session-use.conformance.ts';
import { describeSingleUseStore } from '../testing/single-use-store.conformance.ts';
import { stateForTests } from '../testing/state-directory.ts';

const openTables = stateForTests();

/** Opens a store on a disk, with a clock of its own. */
const opening =
  <Store>(create: (deps: { now: () => number; tables: Awaited<ReturnType<typeof openTables>> }) => Store) =>
  async () => {
    const clock = { now: 1_800_000_000_000 };
    const store = create({ now: () => clock.now, tables: await openTables() });
    return { store, replica: store, clock };
  };

const openSessions = opening(createMemorySessionStore);
describeSessionStore('embedded', openSessions);
describeSessionUpdates('embedded', openSessions);
describeSessionUse('embedded', openSessions);
describeRightsEnds('embedded', openSessions);
describeSessionExpiry('embedded', openSessions);
describeSessionParents('embedded', openSessions);
describeProviderTokenStore('embedded', opening(createMemoryProviderTokenStore));
describeNameStore('embedded', opening(createMemoryNameStore));
describeSingleUseStore('embedded', async () => {
  const { store, clock } = await opening(createMemorySingleUseStore)();
  return { store, pass: async (ms) => void (clock.now += ms) };
});

const openElevations = async () => {
  const store = createMemoryElevationStore({ now: Date.now, tables: await openTables() });
  return { store, replica: store };
};
describeElevationStore('embedded', openElevations);
describeNoticeOutbox('embedded', openElevations);
