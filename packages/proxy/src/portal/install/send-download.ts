import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import path from 'node:path';
import { addressBlock } from '@sallyport/audit-log';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { Request, RequestHandler, Response } from 'express';
import { stateOf, type ReleaseFile } from '../../downloads/read-release.ts';
import type { ServedRelease } from '../../downloads/open-downloads.ts';
import { createRecordRefusal } from '../calls/api-events.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

const types: Readonly<Record<string, string>> = {
  '.tgz': 'application/gzip',
  '.gz': 'application/gzip',
  '.zip': 'application/zip',
  '.json': 'application/json',
};

/** Ends the connection of a client that takes less than it must. What the system has buffered counts as taken. */
function requireProgress(response: Response, { ms, bytes }: ServedRelease['slowest']): void {
  const { socket } = response;
  if (!socket) return;
  const taken = () => socket.bytesWritten - socket.writableLength;
  let before = taken();
  const timer = setInterval(() => {
    const now = taken();
    if (now - before < bytes) socket.destroy();
    before = now;
  }, ms);
  response.once('close', () => clearInterval(timer));
}

/** Reports whether a file is still the one whose checksum was verified. */
async function isUnchanged({ file, state }: ReleaseFile): Promise<boolean> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return (await stateOf(handle)).state === state;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

/** Sends a file, or the part of it that the client asks for. Returns when the response has ended, however. */
function sendFile(response: Response, { name, file, sha256, versioned }: ReleaseFile): Promise<void> {
  response.set({
    'content-type': types[path.extname(name)] ?? 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="${name}"`,
    // The content decides, so that every replica has the same.
    etag: `"${sha256}"`,
    'cache-control': versioned ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  const options = { root: path.dirname(file), cacheControl: false, lastModified: false };
  response.sendFile(path.basename(file), options, (error?: Error & { status?: number }) => {
    if (!error || response.headersSent) return;
    // A range that the file does not have, or a condition that does not hold.
    const { status = 500 } = error;
    for (const header of ['content-disposition', 'cache-control', 'content-type']) response.removeHeader(header);
    response.status(status === 416 || status === 412 ? status : 500).end();
  });
  return closed;
}

/** Finds a file by its name. A name that is not in SHA256SUMS names nothing, whatever is in the directory. */
async function findFile({ release }: ServedRelease, name: string, logger: Logger): Promise<ReleaseFile> {
  const known = release();
  if (!known)
    throw new ProblemError('service-unavailable', 'The downloads are being checked. Try again shortly.', {
      retryAfterSeconds: 5,
    });
  const found = known.files.get(name);
  if (!found) throw new ProblemError('not-found', 'There is no such download on this gateway.');
  if (await isUnchanged(found)) return found;
  logger.warn({ file: found.file }, 'a download has changed since it was checked; it is not offered until a restart');
  throw new ProblemError('not-found', 'This download has changed on the gateway, which does not offer it any more.');
}

/**
 * Creates the handler of downloads, which are open to anyone. Each is recorded at its end, and none begins while the
 * audit log takes nothing. How many run at once is limited, and a client that stops reading is ended.
 */
export function createSendDownload(deps: PortalDeps, served: ServedRelease): RequestHandler {
  const recordRefusal = createRecordRefusal(deps);
  const record = (request: Request, response: Response) =>
    deps.auditCall.complete({
      request,
      path: request.originalUrl.split('?', 1)[0]!,
      clientAddress: deps.clientAddress(request),
      answer: undefined,
      status: response.statusCode,
      detail: undefined,
    });
  return async (request, response) => {
    deps.auditCall.open();
    try {
      const file = await findFile(served, String(request.params.name), deps.logger);
      await served.limiter.run(addressBlock(deps.clientAddress(request)), async () => {
        requireProgress(response, served.slowest);
        response.once('close', () => served.count(response.writableFinished ? 'complete' : 'ended'));
        await sendFile(response, file);
        record(request, response);
      });
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'too-many-requests') served.count('refused');
      recordRefusal(request, error);
      throw error;
    }
  };
}
