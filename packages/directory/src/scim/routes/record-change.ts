import { readClientFacts } from '@sallyport/kit';
import type { DirectoryChange } from '../../events/directory-events.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { asScimError } from '../answer/scim-error.ts';
import type { MembersChanged } from './change-members.ts';
import type { ScimCall } from './require-client.ts';

/**
 * Waits until a change that took effect is recorded, as long as the audit log may take. If it is not recorded by then,
 * the header `Sallyport-Recorded: false` says so: SCIM has no status for that, and a failure would be untrue.
 */
export async function noteRecorded({ response }: ScimCall, recorded: Promise<boolean>): Promise<void> {
  if (!(await recorded)) response.setHeader('sallyport-recorded', 'false');
}

/** A change without the facts of its request. */
type Change = Omit<DirectoryChange, 'path' | 'facts' | 'source' | 'by'>;

/** Records a change with the facts of its request. Reports whether it is recorded in time. Never rejects. */
export function recordChange({ events, request, client }: ScimCall, change: Change): Promise<boolean> {
  const { id: by, source } = client;
  return events.changed({
    ...change,
    path: request.originalUrl.split('?', 1)[0]!,
    facts: readClientFacts(request),
    source: source.id,
    by,
  });
}

/**
 * Makes a write. If the store does not say whether it took effect, the event says that it may have: the client repeats
 * the request, which then changes nothing and leaves no event.
 */
export async function recordUnanswered<T>(
  call: ScimCall,
  change: Omit<Change, 'code' | 'detail'>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { status: code } = asScimError(error);
    const detail = 'the store did not answer, so this change may have been made';
    await noteRecorded(call, recordChange(call, { ...change, code, detail }));
    throw error;
  }
}

/** What a request has done to a group so far. */
export type GroupChange = {
  entry: DirectoryEntry;
  /** Whether the group itself has been written or removed. */
  isWritten: boolean;
  members: MembersChanged;
  /** The keys of members who get a new name of the group. */
  touched: string[];
};

/** Makes one write to the store, and records it if the store does not answer. */
export type GroupWrite = <T>(members: Pick<Change, 'added' | 'removed'>, write: () => Promise<T>) => Promise<T>;

/** Returns the change of a request that has done nothing yet. */
export const nothingDone = (entry: DirectoryEntry): GroupChange => ({
  entry,
  isWritten: false,
  members: { added: [], removed: [], touched: [] },
  touched: [],
});

/**
 * Does the work of a request, which notes in `done` what it has done. Then records that, and reconciles the sessions of
 * the affected users. What was done before a failure is recorded too: a repeat of the request finds it done already.
 */
export async function recordGroupChange<T>(
  call: ScimCall,
  { verb, code, done }: { verb: 'create' | 'update' | 'delete'; code: number; done: GroupChange },
  work: (write: GroupWrite) => Promise<T>,
): Promise<T> {
  const change = () =>
    ({ verb, kind: 'Group', id: done.entry.id, name: done.entry.body['displayName'] as string }) as const;
  const { added, removed } = done.members;
  const record = (about: Pick<Change, 'code' | 'detail'>): Promise<boolean> =>
    done.isWritten || added.length + removed.length > 0
      ? recordChange(call, { ...change(), added, removed, ...about })
      : Promise.resolve(true);
  let result: T;
  try {
    result = await work((members, write) => recordUnanswered(call, { ...change(), ...members }, write));
  } catch (error) {
    const detail = 'the request failed, after this part of it had been done';
    await noteRecorded(call, record({ code: asScimError(error).status, detail }));
    throw error;
  }
  const recorded = record({ code });
  const touched = new Set([...done.members.touched, ...done.touched]);
  await call.reconciler.reconcileNow(call.client.source.id, [...touched]);
  await noteRecorded(call, recorded);
  return result;
}
