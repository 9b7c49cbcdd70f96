import type { RecordingsConfig } from '@sallyport/contracts';
import { isRecordingFile, isRecordingId } from '../format/names.ts';
import { openDirectoryStore } from './open-directory-store.ts';
import type { RecordingStore } from './recording-store.ts';

/** Opens the store that the configuration names. `resolvePath` makes the path of a directory absolute. */
export async function openRecordingStore(
  config: NonNullable<RecordingsConfig['store']>,
  resolvePath: (path: string) => string = (path) => path,
): Promise<RecordingStore> {
  const open = async (): Promise<RecordingStore> => {
    if ('dir' in config) return openDirectoryStore(resolvePath(config.dir));
    // The client is large. Most processes that can read recordings have no bucket.
    const { openS3Store } = await import('./open-s3-store.ts');
    return openS3Store(config.s3);
  };
  const store = await open();
  // Names come from clients, too: what is not a name leads nowhere.
  const isName = (recording: string, file: string): boolean => isRecordingId(recording) && isRecordingFile(file);
  return {
    ...store,
    async put(recording, file, source) {
      if (!isName(recording, file)) throw new Error('not the name of a file of a recording');
      await store.put(recording, file, source);
    },
    get: async (recording, file) => (isName(recording, file) ? store.get(recording, file) : undefined),
  };
}
