import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from '../observe/create-logger.ts';
import { ProblemError, toProblem, type Problem } from '../problem/problem-error.ts';

/** Sends `application/problem+json` (RFC 9457), or ends the connection if the head was already sent. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = toProblem(error);
  const body = JSON.stringify({ type: 'about:blank', ...problem });
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(problem.retryAfterSeconds === undefined ? {} : { 'retry-after': String(problem.retryAfterSeconds) }),
  });
  response.end(body);
}

/** Converts errors of Express and its body parsers. A status of 4xx means that the request is at fault. */
function asProblem(error: unknown): unknown {
  if (error instanceof ProblemError || typeof error !== 'object' || error === null) return error;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (status === 413) return new ProblemError('too-large', 'The body is larger than this endpoint accepts.');
  if (status === 415)
    return new ProblemError(
      'unsupported-media-type',
      'This endpoint does not accept the media type or encoding of the body.',
    );
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ProblemError(
      'bad-request',
      type === 'entity.parse.failed' ? 'The body does not match its Content-Type.' : 'The request cannot be read.',
    );
  }
  return error;
}

/**
 * Creates Express's last handler, which sends every error as a problem and logs unexpected ones. Browsers, which list
 * HTML in `Accept`, get what `sendPage` sends. Programs without a valid credential get `challenge` as WWW-Authenticate.
 */
export function problemHandler(deps: {
  logger: Logger;
  challenge?: string;
  sendPage?: (response: Response, problem: Problem, request: Request) => void;
}): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const shown = asProblem(error);
    const problem = toProblem(shown);
    if (problem.code === 'internal') deps.logger.error({ err: error }, 'unexpected error');
    const asPage = deps.sendPage && !response.headersSent && request.headers.accept?.includes('text/html') === true;
    if (!asPage) {
      if (deps.challenge !== undefined && problem.code === 'unauthenticated' && !response.headersSent)
        response.set('www-authenticate', deps.challenge);
      return sendProblem(response, shown);
    }
    if (problem.retryAfterSeconds !== undefined) response.set('retry-after', String(problem.retryAfterSeconds));
    deps.sendPage!(response, problem, request);
  };
}
