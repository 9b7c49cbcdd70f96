import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from '../observe/create-logger.ts';
import { ProblemError, toProblem } from '../problem/problem-error.ts';

/** Answers with `application/problem+json` (RFC 9457); ends a response whose head is already gone. */
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
  });
  response.end(body);
}

/** Errors of Express itself and of its body parsers carry a status of 4xx and are the request's fault, not ours. */
function asProblem(error: unknown): unknown {
  if (error instanceof ProblemError || typeof error !== 'object' || error === null) return error;
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (status === 413) return new ProblemError('too-large', 'The body is larger than this address takes.');
  if (status === 415)
    return new ProblemError(
      'unsupported-media-type',
      'The body has a media type or encoding that this address does not take.',
    );
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new ProblemError(
      'bad-request',
      type === 'entity.parse.failed' ? 'The body is not what its Content-Type says.' : 'The request cannot be read.',
    );
  }
  return error;
}

/** Express's last handler: renders every error, logs those that are bugs. */
export function problemHandler(deps: { logger: Logger }): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const shown = asProblem(error);
    if (toProblem(shown).code === 'internal') deps.logger.error({ err: error }, 'unexpected error');
    sendProblem(response, shown);
  };
}
