import type { AuditSink } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import type { LoadedConfig, Logger } from '@sallyport/kit';
import { openRecordingStore, type RecordingStore as FileStore } from '@sallyport/recordings/store';
import { startFinisher } from './finish-lost.ts';
import type { RecordingStore } from './recording-store.ts';

/** What the service does for recordings: it has their files, and finishes those whose gateway is gone. */
export type Recordings = {
  files: FileStore | undefined;
  /** Notes events that were stored. */
  stored(records: readonly AuditRecord[]): void;
  close(): Promise<void>;
};

/** Opens the store of the files, and starts the finisher. */
export async function startRecordings(
  { loaded, logger, now }: { loaded: LoadedConfig; logger: Logger; now: () => number },
  recordings: RecordingStore,
  rest: { sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>; checkTrail(): void },
): Promise<Recordings> {
  const { store, lostAfter } = loaded.config.recordings;
  const files = store && (await openRecordingStore(store, loaded.resolvePath));
  const finisher = startFinisher({ ...rest, recordings, logger, now, lostAfterMs: lostAfter });
  return {
    files,
    stored: finisher.stored,
    async close() {
      await finisher.close();
      files?.close();
    },
  };
}
