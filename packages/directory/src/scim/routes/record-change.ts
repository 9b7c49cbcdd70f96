import type { Request, Response } from 'express';
import { readClientFacts } from '@sallyport/kit';
import type { DirectoryChange } from '../../events/directory-events.ts';
import { clientOf, type ScimDeps } from './scim-deps.ts';

/** A change without the facts of its request. */
export type Change = Omit<DirectoryChange, 'path' | 'facts' | 'source' | 'by'>;

/** Records a change with the facts of its request. Reports whether it is recorded in time. Never rejects. */
export function recordChange(
  { events }: Pick<ScimDeps, 'events'>,
  request: Request,
  response: Response,
  change: Change,
): Promise<boolean> {
  const { id: by, source } = clientOf(response);
  return events.changed({
    ...change,
    path: request.originalUrl.split('?', 1)[0]!,
    facts: readClientFacts(request),
    source: source.id,
    by,
  });
}
