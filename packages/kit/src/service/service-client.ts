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

/** Creates a client for the service `audience` at `url`; `ca` is PEM for https. */
export function createServiceClient(deps: { url: string; audience: ServiceName; identity: ServiceIdentity; ca?: string; connections?: number }): ServiceClient {
  const pool = new Pool(deps.url, { connections: deps.connections ?? 8, connect: { timeout: 1000, ...(deps.ca === undefined ? {} : { ca: deps.ca }) } });
  const away = (cause: unknown) => new ProblemError('service-unavailable', `The service ${deps.audience} does not answer.`, { cause });
  const send = async (request: ServiceRequest, signal: AbortSignal) => pool.request({
    method: request.method, path: request.path, signal,
    headers: { ...request.headers, authorization: await deps.identity.credentialFor(deps.audience), ...(request.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  return {
    async request(request) {
      let status: number;
      let headers: ServiceResponse['headers'];
      let text: string;
      try {
        const response = await send(request, AbortSignal.timeout(request.timeoutMs ?? 1000));
        ({ statusCode: status, headers } = response);
        text = await response.body.text();
      } catch (cause) {
        throw away(cause);
      }
      const body = parseJson(text);
      if (status >= 400) throw readProblem(body) ?? away(new Error(`status ${status}`));
      return { status, headers, body };
    },
    async stream(request, signal) {
      try {
        return await send(request, signal);
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
