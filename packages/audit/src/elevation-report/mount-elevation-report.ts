import type { Express } from 'express';
import type { QueryLimiter } from '../limits/create-query-limiter.ts';
import { readElevationReportQuery } from '../query/read-audit-query.ts';
import type { AuditStore } from '../store/audit-store.ts';
import { readViewer } from '../viewer/read-viewer.ts';
import { reportElevations } from './report-elevations.ts';

/** Mounts `POST /v1/elevations`: the elevations of a period, and what they were used for. */
export function mountElevationReport(
  app: Express,
  { store, limiter }: { store: Pick<AuditStore, 'find' | 'elevationUses'>; limiter: QueryLimiter },
): void {
  app.post('/v1/elevations', async (request, response) => {
    const { person, only, scope } = await readViewer(request);
    const query = readElevationReportQuery(new URL(request.url, 'http://audit').searchParams);
    const run = <T>(work: () => Promise<T>) => limiter.run(person, work, () => response.destroyed);
    const report = await reportElevations(query, {
      find: (one) => run(() => store.find(one, only)),
      uses: (one) => run(() => store.elevationUses(one, only)),
      now: Date.now(),
    });
    if (report) response.set('cache-control', 'no-store').json({ ...report, ...scope });
  });
}
