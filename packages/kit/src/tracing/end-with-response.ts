import type { IncomingMessage, ServerResponse } from 'node:http';
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
