import type { Express } from 'express';
import type { QueryLimiter } from '../limits/create-query-limiter.ts';
import { readReportQuery } from '../query/read-audit-query.ts';
import type { AuditStore } from '../store/audit-store.ts';
import { readViewer } from '../viewer/read-viewer.ts';

/** Mounts `POST /v1/report`: the requests of a period, counted. */
export function mountReport(
  app: Express,
  { store, limiter }: { store: Pick<AuditStore, 'report'>; limiter: QueryLimiter },
): void {
  app.post('/v1/report', async (request, response) => {
    const { person, only, scope } = await readViewer(request);
    const query = readReportQuery(new URL(request.url, 'http://audit').searchParams);
    const report = await limiter.run(
      person,
      () => store.report(query, only),
      () => response.destroyed,
    );
    if (report) response.set('cache-control', 'no-store').json({ ...report, ...scope });
  });
}
