import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { Express, Request, Response } from 'express';
import type { EventStore } from '../events/event-store.ts';
import { createStreamLimit, type QueryLimiter } from '../query/create-query-limiter.ts';
import { openQuery } from '../query/open-query.ts';
import { readAuditQuery } from '../query/read-audit-query.ts';
import type { CursorSeal } from '../query/seal-cursors.ts';
import { createArrivals } from './create-arrivals.ts';
import { exportTrail, type ExportFormat, type FindPage } from './export-trail.ts';
import { tailTrail } from './tail-trail.ts';

type TrailDeps = {
  events: Pick<EventStore, 'find'>;
  limiter: QueryLimiter;
  logger: Logger;
  cursors: CursorSeal;
};

/** Removes parameters that make no sense in a stream, which has its own order and size. */
function readStreamQuery(search: URLSearchParams, refused: readonly string[]) {
  for (const name of refused)
    if (search.has(name)) throw new ProblemError('bad-request', `Invalid query: ${name}: does not apply here.`);
  return readAuditQuery(search);
}

function readFormat(search: URLSearchParams): ExportFormat {
  const formats = search.getAll('format');
  search.delete('format');
  const [format = 'ndjson'] = formats;
  if (formats.length > 1 || (format !== 'ndjson' && format !== 'csv'))
    throw new ProblemError('bad-request', 'Invalid query: format: must be ndjson or csv.');
  return format;
}

const contentTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8; header=present' };

/** Mounts what answers piece by piece: the export of the trail, and what is stored from now on. */
export function mountTrail(app: Express, { events, limiter, logger, cursors }: TrailDeps): void {
  const enter = createStreamLimit();
  const arrivals = createArrivals({ events });
  const send = async (response: Response, type: string, pieces: AsyncGenerator<string>) => {
    // A query that fails at once is answered with its problem.
    const first = await pieces.next();
    response.set({ 'content-type': type, 'cache-control': 'no-store' });
    response.flushHeaders();
    if (!first.done) response.write(first.value);
    await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 1 }), response).catch((error: unknown) => {
      if (!response.destroyed || response.errored)
        logger.warn({ err: error }, 'an answer from the audit trail was cut');
    });
  };
  const open = async (request: Request, response: Response) => {
    const opened = await openQuery(request, response, limiter);
    response.once('close', enter(opened.person));
    const find: FindPage = (query) => opened.run(() => events.find(query, opened.only));
    return { ...opened, find };
  };
  app.post('/v1/events/export', async (request, response) => {
    const { find, search, ...viewer } = await open(request, response);
    const format = readFormat(search);
    const query = readStreamQuery(search, ['after', 'order', 'limit', 'view']);
    await send(response, contentTypes[format], exportTrail(format, query, viewer, find));
  });
  app.post('/v1/events/tail', async (request, response) => {
    const { find, search } = await open(request, response);
    const query = cursors.open(readStreamQuery(search, ['order', 'limit', 'view', 'until']));
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await send(
      response,
      'text/event-stream',
      tailTrail(query, { find, arrivals, seal: cursors.seal, signal: gone.signal }),
    );
  });
}
