import { describeElevationStore } from '../testing/elevation-store.conformance.ts';
import { describeNoticeOutbox } from '../testing/notice-outbox.conformance.ts';
import { createMemoryElevationStore } from './create-memory-elevation-store.ts';

const open = async () => {
  const store = createMemoryElevationStore({ now: Date.now });
  return { store, replica: store };
};
describeElevationStore('memory', open);
describeNoticeOutbox('memory', open);
