import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBodyText } from '@sallyport/kit';

export type Route = {
  method: 'GET' | 'POST';
  serve(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
};
export type Routes = Readonly<Record<string, Route>>;

export function sendJson(response: ServerResponse, json: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}

/** Creates a POST route that answers a body of at most `maxBytes` with JSON. */
export function createCallRoute(
  maxBytes: number,
  call: (text: string, request: IncomingMessage) => Promise<unknown>,
): Route {
  return {
    method: 'POST',
    serve: async (request, response) =>
      sendJson(response, JSON.stringify(await call(await readBodyText(request, maxBytes), request))),
  };
}

/** Creates a POST route that takes a body of at most `maxBytes` and answers 204. */
export function createReportRoute(
  maxBytes: number,
  take: (text: string, request: IncomingMessage) => Promise<void>,
): Route {
  return {
    method: 'POST',
    async serve(request, response) {
      await take(await readBodyText(request, maxBytes), request);
      response.writeHead(204).end();
    },
  };
}
