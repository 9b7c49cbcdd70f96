import type { ServiceName } from '@sallyport/contracts';
import { Pool, type Dispatcher } from 'undici';
import { ProblemError, readProblem } from '../problem-error.ts';
import type { ServiceIdentity } from './service-credential.ts';

export type ServiceRequest = { method: 'GET' | 'POST' | 'DELETE'; path: string; headers?: Record<string, string>; body?: unknown; timeoutMs?: number };
export type ServiceResponse = { status: number; headers: Record<string, string | string[] | undefined>; body: unknown };

/** Calls one other service with this service's credential. */
export type ServiceClient = {
  /** A JSON call. A problem answer rejects as the same ProblemError; no answer within `timeoutMs` (1 s) rejects with `service-unavailable`. */
  request(request: ServiceRequest): Promise<ServiceResponse>;
  /** A long answer (the change feed), as it arrives. */
  stream(request: ServiceRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
};

type Received = { status: number; headers: ServiceResponse['headers']; text: string };

/** One exchange, received whole. Ends after `timeoutMs` wherever it is; an AbortSignal for that and a stream for the body would cost more than the exchange. */
function exchange(pool: Pool, options: Dispatcher.DispatchOptions, timeoutMs: number): Promise<Received> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let late: Error | undefined;
    let [status, headers, chunks]: [number, ServiceResponse['headers'], Buffer[]] = [0, {}, []];
    const timer = setTimeout(() => {
      late = new Error(`no answer within ${timeoutMs} ms`);
      // Before it begins, it is a place in the queue, and is given up when its turn comes.
      controller?.abort(late);
      reject(late);
    }, timeoutMs);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(error instanceof Error ? error : new Error('the exchange failed'));
    };
    try {
      pool.dispatch(options, {
        onRequestStart(given) {
          controller = given;
          if (late) given.abort(late);
        },
        onResponseStart(_controller, code, lines) {
          [status, headers, chunks] = [code, lines, []];
        },
        onResponseData: (_controller, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          clearTimeout(timer);
          resolve({ status, headers, text: (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8') });
        },
        onResponseError: (_controller, error) => fail(error),
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** Creates a client for the service `audience` at `url`; `ca` is PEM for https. */
export function createServiceClient(deps: { url: string; audience: ServiceName; identity: ServiceIdentity; ca?: string; connections?: number }): ServiceClient {
  const pool = new Pool(deps.url, { connections: deps.connections ?? 8, connect: { timeout: 1000, ...(deps.ca === undefined ? {} : { ca: deps.ca }) } });
  const away = (cause: unknown) => new ProblemError('service-unavailable', `The service ${deps.audience} does not answer.`, { cause });
  const optionsOf = async (request: ServiceRequest) => ({
    method: request.method, path: request.path,
    headers: { ...request.headers, authorization: await deps.identity.credentialFor(deps.audience), ...(request.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  return {
    async request(request) {
      let received: Received;
      try {
        received = await exchange(pool, await optionsOf(request), request.timeoutMs ?? 1000);
      } catch (cause) {
        throw away(cause);
      }
      const { status, headers, text } = received;
      const body = parseJson(text);
      if (status >= 400) throw readProblem(body) ?? away(new Error(`status ${status}`));
      return { status, headers, body };
    },
    async stream(request, signal) {
      try {
        return await pool.request({ ...await optionsOf(request), signal });
      } catch (cause) {
        throw away(cause);
      }
    },
    close: () => pool.destroy(),
  };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
