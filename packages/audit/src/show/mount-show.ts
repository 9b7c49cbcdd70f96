import { showQuerySchema } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Express } from 'express';
import type { QueryLimiter } from '../limits/create-query-limiter.ts';
import type { AuditStore } from '../store/audit-store.ts';
import { readViewer } from '../viewer/read-viewer.ts';
import { showRequest } from './show-request.ts';

/** Mounts `POST /v1/show`: one request with what belongs to it. */
export function mountShow(
  app: Express,
  { store, limiter }: { store: Pick<AuditStore, 'find' | 'clusterEvents'>; limiter: QueryLimiter },
): void {
  app.post('/v1/show', async (request, response) => {
    const { person, only, scope } = await readViewer(request);
    const search = new URL(request.url, 'http://audit').searchParams;
    const query = showQuerySchema.safeParse(Object.fromEntries(search));
    if (!query.success || [...search].length !== new Set(search.keys()).size)
      throw new ProblemError(
        'bad-request',
        'Invalid query: name one id, an Audit-ID or the id of an event, of which 4 to 36 characters are enough.',
      );
    const shown = await showRequest(
      query.data.id,
      (one) =>
        limiter.run(
          person,
          () => store.find(one, only),
          () => response.destroyed,
        ),
      (auditID) => store.clusterEvents.find(auditID),
    );
    if (shown) response.set('cache-control', 'no-store').json({ ...shown, ...scope });
  });
}
