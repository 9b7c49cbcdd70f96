import type { Request, Response } from 'express';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { asScimError } from '../errors/as-scim-error.ts';
import type { MembersChanged } from './change-members.ts';
import { noteRecorded } from './note-recorded.ts';
import { recordChange, type Change } from './record-change.ts';
import { recordUnanswered } from './record-unanswered.ts';
import { clientOf, type ScimDeps } from './scim-deps.ts';

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
  deps: ScimDeps,
  request: Request,
  response: Response,
  { verb, code, done }: { verb: 'create' | 'update' | 'delete'; code: number; done: GroupChange },
  work: (write: GroupWrite) => Promise<T>,
): Promise<T> {
  const change = () =>
    ({ verb, kind: 'Group', id: done.entry.id, name: done.entry.body['displayName'] as string }) as const;
  const { added, removed } = done.members;
  const record = (about: Pick<Change, 'code' | 'detail'>): Promise<boolean> =>
    done.isWritten || added.length + removed.length > 0
      ? recordChange(deps, request, response, { ...change(), added, removed, ...about })
      : Promise.resolve(true);
  let result: T;
  try {
    result = await work((members, write) =>
      recordUnanswered(deps, request, response, { ...change(), ...members }, write),
    );
  } catch (error) {
    const detail = 'the request failed, after this part of it had been done';
    await noteRecorded(response, record({ code: asScimError(error).status, detail }));
    throw error;
  }
  const recorded = record({ code });
  const touched = new Set([...done.members.touched, ...done.touched]);
  await deps.reconciler.reconcileNow(clientOf(response).source.id, [...touched]);
  await noteRecorded(response, recorded);
  return result;
}
