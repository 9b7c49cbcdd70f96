import type { Request, Response } from 'express';
import { asScimError } from '../errors/as-scim-error.ts';
import { noteRecorded } from './note-recorded.ts';
import { recordChange, type Change } from './record-change.ts';
import type { ScimDeps } from './scim-deps.ts';

/**
 * Makes a write. If the store does not say whether it took effect, the event says that it may have: the client repeats
 * the request, which then changes nothing and leaves no event.
 */
export async function recordUnanswered<T>(
  deps: Pick<ScimDeps, 'events'>,
  request: Request,
  response: Response,
  change: Omit<Change, 'code' | 'detail'>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { status: code } = asScimError(error);
    const detail = 'the store did not answer, so this change may have been made';
    await noteRecorded(response, recordChange(deps, request, response, { ...change, code, detail }));
    throw error;
  }
}
