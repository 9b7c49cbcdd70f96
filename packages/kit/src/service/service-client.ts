import type { ServiceName } from '@sallyport/contracts';
import { connect as netConnect } from 'node:net';
import { connect as tlsConnect, createSecureContext } from 'node:tls';
import { createHttp1Client, type Http1Client, type Http1Flow, type Http1Request } from '@sallyport/http1';
import { parseJson } from '../json/parse-json.ts';
import { ProblemError, readProblem } from '../problem/problem-error.ts';
import { openStream, type ServiceStream } from './open-stream.ts';
import type { ServiceIdentity } from './service-credential.ts';

export type ServiceRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs?: number;
};
export type ServiceResponse = { status: number; headers: Record<string, string | undefined>; body: unknown };

/** Calls one other service with this service's credential. */
export type ServiceClient = {
  /**
   * A JSON call. A problem answer rejects as the same ProblemError; no answer within `timeoutMs` (1 s) rejects with
   * `service-unavailable`.
   */
  request(request: ServiceRequest): Promise<ServiceResponse>;
  /** A long answer (the change feed), as it arrives. */
  stream(request: ServiceRequest, signal: AbortSignal): Promise<ServiceStream>;
  close(): Promise<void>;
};

type Received = { status: number; headers: ServiceResponse['headers']; text: string };

/** Each name once, in lower case: no service answers with a repeated line that a caller reads. */
function headersOf(lines: readonly string[]): ServiceResponse['headers'] {
  const headers: Record<string, string> = {};
  for (let index = 0; index < lines.length; index += 2) headers[lines[index]!.toLowerCase()] = lines[index + 1]!;
  return headers;
}

/** One exchange, received whole. Ends after `timeoutMs` wherever it is. */
function exchange(client: Http1Client, request: Http1Request, timeoutMs: number): Promise<Received> {
  return new Promise((resolve, reject) => {
    let flow: Http1Flow | undefined;
    let late = false;
    let [status, lines]: [number, string[]] = [0, []];
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => {
      late = true;
      flow?.abort();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    client.dispatch(request, {
      onStart(given) {
        flow = given;
        if (late) given.abort();
      },
      onHead(code, raw) {
        [status, lines] = [code, raw];
      },
      onData: (chunk) => void chunks.push(chunk),
      onEnd() {
        clearTimeout(timer);
        resolve({
          status,
          headers: headersOf(lines),
          text: (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8'),
        });
      },
      onError(error) {
        clearTimeout(timer);
        reject(error);
      },
    });
  });
}

/** The connections to one service; `ca` is PEM for https. */
function createClient(deps: { url: string; ca?: string }): Http1Client {
  const url = new URL(deps.url);
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const at = { host: hostname, port: Number(url.port) || (secure ? 443 : 80), noDelay: true, keepAlive: true };
  const secureContext = secure && deps.ca !== undefined ? createSecureContext({ ca: deps.ca }) : undefined;
  const servername = /^[\d.]+$|:/.test(hostname) ? undefined : hostname; // SNI carries names only (RFC 6066, 3)
  return createHttp1Client({
    host: url.host,
    readyEvent: secure ? 'secureConnect' : 'connect',
    connectTimeoutMs: 1000,
    connect: (onread) =>
      secure ? tlsConnect({ ...at, servername, secureContext, onread } as object) : netConnect({ ...at, onread }),
  });
}

/** Creates a client for the service `audience` at `url`; `ca` is PEM for https. */
export function createServiceClient(deps: {
  url: string;
  audience: ServiceName;
  identity: ServiceIdentity;
  ca?: string;
}): ServiceClient {
  const client = createClient(deps);
  const away = (cause: unknown) =>
    new ProblemError('service-unavailable', `The service ${deps.audience} does not answer.`, { cause });
  const withCredential = async ({ method, path, headers, body }: ServiceRequest): Promise<Http1Request> => ({
    method,
    path,
    headers: Object.entries({
      ...headers,
      authorization: await deps.identity.credentialFor(deps.audience),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }).flat(),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    async request(request) {
      let received: Received;
      try {
        received = await exchange(client, await withCredential(request), request.timeoutMs ?? 1000);
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
        return await openStream(client, await withCredential(request), signal);
      } catch (cause) {
        throw away(cause);
      }
    },
    async close() {
      client.close();
    },
  };
}
