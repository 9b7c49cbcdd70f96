import type { Express } from 'express';
import type { EventStore } from '../events/event-store.ts';
import type { QueryLimiter } from '../query/create-query-limiter.ts';
import { openQuery } from '../query/open-query.ts';
import { readElevationReportQuery, readReportQuery, readSummaryQuery } from '../query/read-audit-query.ts';
import { reportElevations } from './report-elevations.ts';
import type { ReportStore } from './report-store.ts';

/** Mounts `POST /v1/summary`: the events of a period, counted by time and by what they are about. */
export function mountSummary(
  app: Express,
  { reports, limiter }: { reports: Pick<ReportStore, 'summary'>; limiter: QueryLimiter },
): void {
  app.post('/v1/summary', async (request, response) => {
    const { only, scope, search, run } = await openQuery(request, response, limiter);
    const query = readSummaryQuery(search, Date.now());
    const summary = await run(() => reports.summary(query, only));
    if (summary) response.set('cache-control', 'no-store').json({ ...summary, ...scope });
  });
}

/** Mounts `POST /v1/report`: the requests of a period, counted. */
export function mountReport(
  app: Express,
  { reports, limiter }: { reports: Pick<ReportStore, 'report'>; limiter: QueryLimiter },
): void {
  app.post('/v1/report', async (request, response) => {
    const { only, scope, search, run } = await openQuery(request, response, limiter);
    const query = readReportQuery(search);
    const report = await run(() => reports.report(query, only));
    if (report) response.set('cache-control', 'no-store').json({ ...report, ...scope });
  });
}

/** Mounts `POST /v1/elevations`: the elevations of a period, and what they were used for. */
export function mountElevationReport(
  app: Express,
  deps: {
    events: Pick<EventStore, 'find'>;
    reports: Pick<ReportStore, 'elevationUses' | 'elevationSteps'>;
    limiter: QueryLimiter;
  },
): void {
  app.post('/v1/elevations', async (request, response) => {
    const { only, scope, search, run } = await openQuery(request, response, deps.limiter);
    const query = readElevationReportQuery(search);
    const report = await reportElevations(query, {
      find: (one) => run(() => deps.events.find(one, only)),
      uses: (one) => run(() => deps.reports.elevationUses(one, only)),
      stepsOf: (ids, period) => run(() => deps.reports.elevationSteps(ids, period)),
      only,
      now: Date.now(),
    });
    if (report) response.set('cache-control', 'no-store').json({ ...report, ...scope });
  });
}
