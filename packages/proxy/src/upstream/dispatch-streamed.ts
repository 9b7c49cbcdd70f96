import type { Readable } from 'node:stream';
import type { Http1Handler, Http1Request } from '@sallyport/kit';
import type { Dispatcher, Pool } from 'undici';

/** undici gives header lines as bytes, but what it adds itself as text. */
function textLines(raw: unknown): string[] {
  return (raw as (Buffer | string)[]).map((line) => (typeof line === 'string' ? line : line.toString('latin1')));
}

function trailerLines(trailers: Record<string, string | string[] | undefined> | undefined): string[] {
  return Object.entries(trailers ?? {}).flatMap(([name, values]) => [values ?? []].flat().flatMap((value) => [name, value]));
}

/** Sends a request whose body is still coming. Such a request is never sent again, so nothing is said of whether it was seen. */
export function dispatchStreamed(pool: Pool, request: Omit<Http1Request, 'body'> & { body: Readable }, handler: Http1Handler): void {
  let over = false;
  pool.dispatch({
    path: request.path, method: request.method as Dispatcher.HttpMethod, headers: request.headers as string[], body: request.body,
    headersTimeout: request.headersTimeoutMs ?? 0, bodyTimeout: 0,
  }, {
    onRequestStart(controller) {
      handler.onStart({
        pause: () => controller.pause(), resume: () => controller.resume(),
        abort() {
          if (over) return;
          over = true;
          controller.abort(new Error('given up'));
        },
      });
    },
    onResponseStart(controller, status) {
      if (status >= 200 && !over) handler.onHead(status, textLines(controller.rawHeaders));
    },
    onResponseData: (_controller, chunk) => {
      if (!over) handler.onData(chunk);
    },
    onResponseEnd(_controller, trailers) {
      if (over) return;
      over = true;
      handler.onEnd(trailerLines(trailers as Record<string, string | string[]>));
    },
    onResponseError(_controller, error) {
      if (over) return;
      over = true;
      handler.onError(error, false);
    },
  });
}
