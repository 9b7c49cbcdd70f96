import { createAuditRecord, createIdSource, microTime } from '@sallyport/audit-log';
import { openRecorder, type Recorder } from '@sallyport/recordings';
import { openRecordingStore } from '@sallyport/recordings/store';
import { createPublishRecordings } from '../audit/recording-events.ts';
import { recordingsDirectory } from '../recordings/recordings-directory.ts';
import type { ProxyParts } from './connect-services.ts';

/** How long uploads have when the gateway stops, in milliseconds. The next process on this disk continues them. */
const uploadMs = 5000;

export type OpenRecordings = { recorder: Recorder; close(): Promise<void> };

/**
 * Opens what records sessions, and continues with what a process before this one has left. Undefined if the configuration
 * has no place for recordings.
 */
export async function openRecordings({ loaded, sink, logger, now }: ProxyParts): Promise<OpenRecordings | undefined> {
  const { recipients, store: place, disk } = loaded.config.recordings;
  if (!place || recipients.length === 0) return undefined;
  const store = await openRecordingStore(place, loaded.resolvePath);
  const ids = { now, randomId: createIdSource({ now }) };
  const recorder = await openRecorder({
    dir: recordingsDirectory(loaded),
    maxBytes: disk.maxBytes,
    recipients,
    store,
    publish: createPublishRecordings({
      sink,
      createRecord: (about) => createAuditRecord(about, ids),
      time: () => microTime(now()),
    }),
    logger,
    now,
  });
  return {
    recorder,
    async close() {
      await recorder.close(uploadMs);
      store.close();
    },
  };
}
