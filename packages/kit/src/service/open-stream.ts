import { Readable } from 'node:stream';
import type { Http1Client, Http1Flow, Http1Request } from '@sallyport/http1';

/** A response that is read as it arrives. Destroying `body` ends the exchange. */
export type ServiceStream = { status: number; body: Readable };

/**
 * Sends a request and resolves with the head of the response; the body follows with back-pressure. A response that ends
 * early destroys the body with the error. `signal` ends the exchange at any time.
 */
export function openStream(client: Http1Client, request: Http1Request, signal: AbortSignal): Promise<ServiceStream> {
  return new Promise((resolve, reject) => {
    let flow: Http1Flow | undefined;
    const body = new Readable({
      read: () => flow?.resume(),
      destroy(error, done) {
        signal.removeEventListener('abort', onAbort);
        flow?.abort();
        done(error);
      },
    });
    const fail = (error: Error) => {
      // Before the head, the caller does not have the body, and its error would have no listener.
      reject(error);
      body.on('error', () => undefined).destroy(error);
    };
    const onAbort = () => fail(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();
    client.dispatch(request, {
      onStart(given) {
        flow = given;
        if (body.destroyed) given.abort();
      },
      onHead: (status) => resolve({ status, body }),
      onData(chunk) {
        if (!body.push(chunk)) flow?.pause();
      },
      onEnd: () => void body.push(null),
      onError: fail,
    });
  });
}
