import { request as httpRequest } from 'node:http';
import { connect as netConnect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect as tlsConnect, createSecureContext } from 'node:tls';
import type { ServiceName } from '@sallyport/contracts';
import { createHttp1Client, readWhole, type Http1Client, type Http1Flow, type Http1Request } from '@sallyport/http1';
import { parseJson } from '../json/parse-json.ts';
import { ProblemError, readProblem } from '../problem/problem-error.ts';
import type { Span } from '../tracing/span.ts';
import { peerAttributes, traceCall } from '../tracing/trace-call.ts';
import { serviceScheme, type ServiceIdentity } from './service-credential.ts';

/** A response that is read as it arrives. Destroying `body` ends the exchange. */
type ServiceStream = { status: number; body: Readable };

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

export type ServiceRequest = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs?: number;
  /** The span of the request that this call is a part of, if that is traced. */
  span?: Span | undefined;
};
type ServiceResponse = { status: number; headers: Record<string, string | undefined>; body: unknown };

/** Calls one other service with this service's credential. */
export type ServiceClient = {
  /**
   * Makes a JSON call. A problem response rejects with the same ProblemError; no response within `timeoutMs` (1 s)
   * rejects with `service-unavailable`.
   */
  request(request: ServiceRequest): Promise<ServiceResponse>;
  /** Opens a long response (the change feed), which is read as it arrives. */
  stream(request: ServiceRequest, signal: AbortSignal): Promise<ServiceStream>;
  /**
   * Opens a connection of its own for another protocol (RFC 9110, 7.8). Resolves with undefined if the service
   * does not switch to it. Rejects with `service-unavailable` if there is no answer within `timeoutMs`.
   */
  upgrade(request: { path: string; protocol: string; timeoutMs: number }): Promise<Socket | undefined>;
  close(): Promise<void>;
};

/** Returns headers by lower-case name. No service sends a repeated header that a caller reads. */
function headersOf(lines: readonly string[]): ServiceResponse['headers'] {
  const headers: Record<string, string> = {};
  for (let index = 0; index < lines.length; index += 2) headers[lines[index]!.toLowerCase()] = lines[index + 1]!;
  return headers;
}

type Connect = (onread?: { buffer: Buffer; callback(bytes: number): boolean }) => Socket;

/** Returns what opens a connection to one service. `ca` is PEM, for https. */
function createConnect(deps: { url: string; ca?: string }) {
  const url = new URL(deps.url);
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const at = { host: hostname, port: Number(url.port) || (secure ? 443 : 80), noDelay: true, keepAlive: true };
  const secureContext = secure && deps.ca !== undefined ? createSecureContext({ ca: deps.ca }) : undefined;
  const servername = /^[\d.]+$|:/.test(hostname) ? undefined : hostname; // SNI allows names only (RFC 6066, 3).
  const connect: Connect = (onread) =>
    secure ? tlsConnect({ ...at, servername, secureContext, onread } as object) : netConnect({ ...at, onread });
  return { host: url.host, connect, readyEvent: secure ? ('secureConnect' as const) : ('connect' as const) };
}

/** Sends an upgrade over a connection of its own, and resolves with that, or with undefined if it is refused. */
function sendUpgrade(
  { host, connect }: Pick<ReturnType<typeof createConnect>, 'host' | 'connect'>,
  { path, protocol, timeoutMs, authorization }: Parameters<ServiceClient['upgrade']>[0] & { authorization: string },
): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => connect(),
      path,
      headers: { host, connection: 'Upgrade', upgrade: protocol, authorization },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no response within ${timeoutMs} ms`)), timeoutMs);
    request.on('upgrade', ({ headers }, socket: Socket, early: Buffer) => {
      clearTimeout(timer);
      socket.on('error', () => undefined); // It closes, too.
      if (early.length > 0) socket.unshift(early);
      if (headers.upgrade === protocol) return resolve(socket);
      socket.destroy();
      resolve(undefined);
    });
    request.on('response', (response) => {
      clearTimeout(timer);
      response.destroy();
      resolve(undefined);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}

/** Returns the problem of a service that refuses the credential of this one. A person can do nothing about it. */
export const notTrusted = (service: ServiceName, caller: ServiceName): ProblemError =>
  new ProblemError(
    'service-unavailable',
    `The service ${service} does not accept the credential of ${caller}. Check the keys and clocks of both.`,
  );

/** Creates a client for the service `audience` at `url`. `ca` is PEM, for https. */
export function createServiceClient(deps: {
  url: string;
  audience: ServiceName;
  identity: ServiceIdentity;
  ca?: string;
}): ServiceClient {
  const connections = createConnect(deps);
  const client = createHttp1Client({ ...connections, connectTimeoutMs: 1000 });
  const upgraded = new Set<Socket>();
  let closed = false;
  const unavailable = (cause: unknown) =>
    new ProblemError('service-unavailable', `The service ${deps.audience} is not responding.`, { cause });
  const peer = peerAttributes(deps.url);
  const withCredential = async ({ method, path, headers, body, span }: ServiceRequest): Promise<Http1Request> => ({
    method,
    path,
    headers: Object.entries({
      ...headers,
      ...(span === undefined ? {} : { traceparent: span.traceparent }),
      authorization: await deps.identity.credentialFor(deps.audience),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }).flat(),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const send = async (request: ServiceRequest): Promise<ServiceResponse> => {
    const { timeoutMs = 1000 } = request;
    const limits = { timeoutMs, late: `no response within ${timeoutMs} ms` };
    const received = await withCredential(request)
      .then((sent) => readWhole(client, sent, limits))
      .catch((cause: unknown) => {
        throw unavailable(cause);
      });
    const { status, lines } = received;
    const body = parseJson(received.body.toString('utf8'));
    const answered = headersOf(lines);
    if (answered['www-authenticate'] === serviceScheme) throw notTrusted(deps.audience, deps.identity.name);
    if (status >= 400) throw readProblem(body) ?? unavailable(new Error(`status ${status}`));
    return { status, headers: answered, body };
  };
  return {
    request: (request) =>
      request.span
        ? traceCall(request.span, { method: request.method, service: deps.audience, peer }, (span) =>
            send({ ...request, span }),
          )
        : send(request),
    async stream(request, signal) {
      try {
        return await openStream(client, await withCredential(request), signal);
      } catch (cause) {
        throw unavailable(cause);
      }
    },
    async upgrade(request) {
      try {
        const authorization = await deps.identity.credentialFor(deps.audience);
        const socket = await sendUpgrade(connections, { ...request, authorization });
        if (!socket) return undefined;
        upgraded.add(socket);
        socket.once('close', () => upgraded.delete(socket));
        if (closed) socket.destroy();
        return socket;
      } catch (cause) {
        throw unavailable(cause);
      }
    },
    async close() {
      closed = true;
      client.close();
      for (const socket of upgraded) socket.destroy();
    },
  };
}
