import type { SessionStore } from '@sallyport/stores';
import type { DirectoryStore } from '../store/directory-store.ts';

/** Notes that someone whom a source does not have, or not as active, may not log in, also if they have no session now. */
export async function noteEnd(
  { store, sessions }: { store: Pick<DirectoryStore, 'find'>; sessions: Pick<SessionStore, 'endRights'> },
  source: string,
  key: string,
): Promise<void> {
  const found = await store.find(source, 'people', key);
  if (!found.some(({ active }) => active)) await sessions.endRights({ source, key }, 'deactivated');
}
