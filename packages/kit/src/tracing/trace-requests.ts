import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import type { Span } from './span.ts';

/** Ends the span of a request when its response has closed. `routeOf` returns the route that answered, if any did. */
export function endWithResponse(
  span: Span,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  routeOf: () => string | undefined,
): void {
  response.once('close', () => {
    const route = routeOf();
    if (route !== undefined) span.rename(`${request.method} ${route}`);
    const { statusCode, headersSent } = response;
    span.set({ 'http.route': route, 'http.response.status_code': headersSent ? statusCode : undefined });
    span.end(headersSent && statusCode >= 500 ? { error: String(statusCode) } : {});
  });
}

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

/** Creates Express middleware that gives requests a span until their response has closed, if `begin` returns one. */
export function traceRequests(begin: (request: IncomingMessage) => Span | undefined): RequestHandler {
  return (request, response, next) => {
    const span = begin(request);
    if (span) {
      (request as unknown as Traced)[key] = span;
      endWithResponse(span, { request, response }, () => patternOf(request));
    }
    next();
  };
}
