import type { SourceConfig } from '@sallyport/contracts';
import type { DirectoryStore } from '../store/directory-store.ts';

/**
 * Returns what is wrong with a source that is read at an interval, if it has not been read, or not recently. Nothing may
 * be concluded from outdated data.
 */
export async function syncFault(
  source: SourceConfig,
  { store, now }: { store: Pick<DirectoryStore, 'lastSync'>; now: () => number },
): Promise<string | undefined> {
  if (!('interval' in source)) return undefined;
  const last = await store.lastSync(source.id);
  if (last && now() - last.at <= source.outageGrace) return undefined;
  return last ? 'could not be read for too long' : 'has not been read yet';
}
