import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { gatewayChallenge } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { findProxy, type Proxy } from '../proxy/find-proxy.ts';
import { openTunnel } from '../proxy/open-tunnel.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { trace, traceRequest, type Traced } from '../terminal/trace.ts';
import { readJson, sendRequest } from './exchange.ts';
import { isTrustFault, unreachable } from './unreachable.ts';

/** One call to the gateway. The token is sent in the Authorization header and nowhere else. */
export type GatewayCall = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  token?: string;
  form?: Record<string, string>;
  json?: unknown;
  /** The Accept header (default: application/json). */
  accept?: string;
  /** Headers in addition, by name. */
  headers?: Readonly<Record<string, string | string[]>>;
  timeoutMs?: number;
  /** Ends the call, whatever of its answer has arrived. */
  signal?: AbortSignal;
};
export type GatewayAnswer = { status: number; headers: IncomingHttpHeaders; body: unknown };
/** The beginning of a long answer: its pieces as they arrive, or the whole body if the gateway refuses. */
export type GatewayStream = GatewayAnswer & { chunks?: AsyncIterable<Buffer> };

/**
 * Reports whether the gateway itself rejected the credential. A 401 of a cluster, or of a proxy in front of the gateway,
 * says nothing about the login.
 */
export const credentialRejected = ({ status, headers }: GatewayAnswer): boolean =>
  status === 401 && headers['www-authenticate'] === gatewayChallenge;

export type GatewayClient = {
  address: GatewayAddress;
  call(call: GatewayCall): Promise<GatewayAnswer>;
  /** Opens a long answer. It fails if nothing arrives for `silenceMs`, and a CliError says so. */
  stream(call: GatewayCall, silenceMs: number): Promise<GatewayStream>;
};

/**
 * Sets of certificate authorities to try in turn. `undefined` means the authorities that Node.js trusts by default. A
 * later set is loaded only if the one before it does not trust the certificate.
 */
export type TrustChoices = (() => string[] | undefined | Promise<string[] | undefined>)[];

const startMs = 15_000;
const maxBodyBytes = 32 * 1024 * 1024;

/** Returns the option that sends a request through the proxy, if there is one: TLS to the gateway inside a tunnel. */
async function throughProxy({ origin }: GatewayAddress, tls: object, proxy: Proxy | undefined, signal: AbortSignal) {
  if (proxy === undefined) return {};
  const { hostname, port } = new URL(origin);
  const socket = await openTunnel(proxy, `${hostname}:${port || 443}`, signal);
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) === 0 ? { servername: host } : {}; // SNI carries names only (RFC 6066, 3)
  return {
    createConnection: () => tlsConnect({ socket, host, ...servername, ALPNProtocols: ['http/1.1'], ...tls }),
  };
}

type Route = { address: GatewayAddress; ca: string[] | undefined; proxy: Proxy | undefined };

async function send({ address, ca, proxy }: Route, call: GatewayCall, signal: AbortSignal): Promise<IncomingMessage> {
  const body =
    call.json !== undefined
      ? JSON.stringify(call.json)
      : call.form === undefined
        ? undefined
        : new URLSearchParams(call.form).toString();
  const headers: Record<string, string | string[]> = {
    ...call.headers,
    accept: call.accept ?? 'application/json',
    'user-agent': 'sallyport-cli',
  };
  if (call.token !== undefined) headers.authorization = `Bearer ${call.token}`;
  if (body !== undefined)
    headers['content-type'] = call.json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const tls = ca === undefined ? {} : { ca };
  const connection = await throughProxy(address, tls, proxy, signal);
  const options = { method: call.method, headers, signal, ...tls, ...connection };
  return sendRequest(new URL(call.path, address.origin), options, body);
}

const eitherOf = (signal: AbortSignal, other: AbortSignal | undefined) =>
  other === undefined ? signal : AbortSignal.any([signal, other]);

async function sendWhole(route: Route, call: GatewayCall): Promise<GatewayAnswer> {
  const response = await send(route, call, eitherOf(AbortSignal.timeout(call.timeoutMs ?? startMs), call.signal));
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readJson(response, maxBodyBytes) };
}

async function* piecesOf(response: IncomingMessage, { address, proxy }: Route): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw unreachable(address.origin, error, proxy?.name);
  }
}

async function sendLong(route: Route, call: GatewayCall, silenceMs: number): Promise<GatewayStream> {
  const start = new AbortController();
  const timer = setTimeout(() => start.abort(), startMs);
  const response = await send(route, call, eitherOf(start.signal, call.signal)).finally(() => clearTimeout(timer));
  const status = response.statusCode ?? 0;
  response.setTimeout(silenceMs, () => {
    response.destroy(Object.assign(new Error('nothing arrived in time'), { code: 'TIMEOUT' }));
  });
  const { headers } = response;
  if (status < 200 || status >= 300) return { status, headers, body: await readJson(response, maxBodyBytes) };
  return { status, headers, body: undefined, chunks: piecesOf(response, route) };
}

/**
 * Creates the client of one gateway. It uses the proxy that the environment variables name. It throws a CliError if the
 * gateway cannot be reached or trusted.
 */
export function createGatewayClient(
  address: GatewayAddress,
  trust: TrustChoices,
  environment: Pick<Environment, 'env'> & Traced,
): GatewayClient {
  const { env } = environment;
  let chosen = 0;
  // A query may name a person or hold a code, so it is left out.
  const nameOf = ({ method, path }: GatewayCall) => `${method} ${address.origin}${path.split('?', 1)[0]!}`;
  const attempt = async <T>(work: (route: Route) => Promise<T>): Promise<T> => {
    const proxy = findProxy(address.origin, env);
    if (proxy !== undefined) trace(environment, 2, `through the proxy that ${proxy.name} names`);
    for (;;) {
      // Another call may choose at the same time.
      const index = chosen;
      const ca = await trust[index]?.();
      try {
        return await work({ address, ca, proxy });
      } catch (error) {
        if (error instanceof CliError) throw error;
        // Nothing of the request was sent before the certificate was rejected, so it can be sent again.
        if (!isTrustFault(error) || index + 1 >= trust.length) throw unreachable(address.origin, error, proxy?.name);
        chosen = Math.max(chosen, index + 1);
      }
    }
  };
  return {
    address,
    call: (call) => traceRequest(environment, nameOf(call), () => attempt((route) => sendWhole(route, call))),
    stream: (call, silenceMs) =>
      traceRequest(environment, nameOf(call), () => attempt((route) => sendLong(route, call, silenceMs))),
  };
}
