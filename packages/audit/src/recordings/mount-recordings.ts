import { pipeline } from 'node:stream/promises';
import { recordingQuerySchema, type RecordingPage } from '@sallyport/contracts';
import { ProblemError, readCaller, type Logger } from '@sallyport/kit';
import type { RecordingStore as FileStore } from '@sallyport/recordings/store';
import type { Express, Request, Response } from 'express';
import type { QueryLimiter } from '../query/create-query-limiter.ts';
import { readQuery } from '../query/read-audit-query.ts';
import type { CursorSeal } from '../query/seal-cursors.ts';
import type { RecordingStore } from './recording-store.ts';

export type RecordingsDeps = {
  recordings: Pick<RecordingStore, 'list' | 'find'>;
  /** Where the files are. Without it there are none. */
  files: Pick<FileStore, 'get'> | undefined;
};

const notFound = () => new ProblemError('not-found', 'There is no such recording.');

/**
 * Mounts `GET /v1/recordings`, one recording, and its files. The gateway has asked whether the person may see a recording,
 * and leaves out others.
 */
export function mountRecordings(
  app: Express,
  deps: RecordingsDeps & { limiter: QueryLimiter; cursors: CursorSeal; logger: Logger },
): void {
  const { recordings, limiter, cursors } = deps;
  const run = <T>(request: Request, response: Response, query: () => Promise<T>) => {
    const caller = readCaller(request.headers);
    if (!caller) throw new ProblemError('bad-request', 'The call does not name the person it is made for.');
    const { issuer, subject } = caller.identity;
    return limiter.run(JSON.stringify([issuer, subject]), query, () => response.destroyed);
  };
  app.get('/v1/recordings', async (request, response) => {
    const { searchParams } = new URL(request.url, 'http://audit');
    const query = cursors.open(readQuery(recordingQuerySchema, searchParams));
    const page = await run(request, response, () => recordings.list(query));
    if (!page) return;
    const found = page.found.map(({ recording, position }) => ({ recording, at: cursors.seal(position) }));
    response.set('cache-control', 'no-store').json({ found, more: page.more } satisfies RecordingPage);
  });
  app.get('/v1/recordings/:id', async (request, response) => {
    const found = await run(request, response, async () => ({ one: await recordings.find(request.params.id) }));
    if (!found) return;
    if (!found.one) throw notFound();
    response.set('cache-control', 'no-store').json(found.one);
  });
  app.get('/v1/recordings/:id/files/:name', async (request, response) => {
    const { id, name } = request.params;
    const file = await deps.files?.get(id, name).catch((cause: unknown) => {
      deps.logger.warn({ err: cause, recording: id, file: name }, 'cannot read a file of a recording');
      throw new ProblemError('service-unavailable', 'The store of recordings does not respond. Try again shortly.', {
        cause,
      });
    });
    if (!file) throw new ProblemError('not-found', 'The file is not in the store (yet).');
    response.set({ 'cache-control': 'no-store', 'content-type': 'application/octet-stream' });
    await pipeline(file, response).catch((error: unknown) =>
      deps.logger.debug({ err: error }, 'a file of a recording was not sent to its end'),
    );
  });
}
