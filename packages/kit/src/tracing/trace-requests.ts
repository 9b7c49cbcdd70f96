import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Span } from './span.ts';

const key = Symbol('span');
type Traced = IncomingMessage & { [key]?: Span };

/** Returns the span of a request that `traceRequests` has begun. Undefined if the request is not traced. */
export function spanOf(request: IncomingMessage): Span | undefined {
  return (request as Traced)[key];
}

/** Returns the pattern that an Express application matched. Unlike the path, it has nothing of the request in it. */
function patternOf({ baseUrl, path, route }: Request): string | undefined {
  const pattern = (route as { path?: unknown } | undefined)?.path;
  const one: unknown = Array.isArray(pattern) ? pattern.find((text) => text === path) : pattern;
  return typeof one === 'string' ? baseUrl + one : undefined;
}

function endSpan(span: Span, request: Request, { statusCode, headersSent }: Response): void {
  const pattern = patternOf(request);
  if (pattern !== undefined) span.rename(`${request.method} ${pattern}`);
  span.set({ 'http.route': pattern, 'http.response.status_code': headersSent ? statusCode : undefined });
  span.end(headersSent && statusCode >= 500 ? { error: String(statusCode) } : {});
}

/** Creates Express middleware that gives requests a span until their response has closed, if `begin` returns one. */
export function traceRequests(begin: (request: IncomingMessage) => Span | undefined): RequestHandler {
  return (request, response, next) => {
    const span = begin(request);
    if (span) {
      (request as unknown as Traced)[key] = span;
      response.once('close', () => endSpan(span, request, response));
    }
    next();
  };
}
