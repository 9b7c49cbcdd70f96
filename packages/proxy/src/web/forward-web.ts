import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { clientIsGone } from '../exchange/client-connection.ts';
import type { Allowed, AllowedExchange, Step, WebExchange } from '../exchange/exchange.ts';
import { mayBeRelayed, whenWritten, upstreamUnreachable } from '../passage/upstream-answer.ts';
import { cutResponse } from '../streams/end-response.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { authenticatesConnection, mayShareConnection } from './connection-authentication.ts';
import { relayWebResponse } from './relay-web-response.ts';

/** For these, Node chooses the chunked coding by itself. With the header, httpxy would close the connection. */
const chunkedByNode = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Returns the upstream headers of an exchange as Node's client takes them: repeated lines as a list, which it sends as
 * separate lines again. The length of the body is what the gateway's own parser found.
 */
function headersForNode({
  upstreamHeaders,
  headers,
  upstream,
  request,
}: Allowed<WebExchange>): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = { host: upstream.hostHeader };
  for (let index = 0; index < upstreamHeaders.length; index += 2) {
    const name = upstreamHeaders[index]!;
    const value = upstreamHeaders[index + 1]!;
    const known = Object.hasOwn(result, name) ? result[name] : undefined;
    if (known === undefined) result[name] = value;
    else if (typeof known === 'string') result[name] = [known, value];
    else known.push(value);
  }
  if (headers.contentLength !== undefined) result['content-length'] = String(headers.contentLength);
  else if (headers.chunked && !chunkedByNode.has(request.method!)) result['transfer-encoding'] = 'chunked';
  else if (!headers.chunked && chunkedByNode.has(request.method!)) result['content-length'] = '0';
  return result;
}

type ForwardWebDeps = {
  openBody(exchange: AllowedExchange): Readable | string | undefined;
  lifecycle: Pick<StreamLifecycle, 'sent' | 'answered'>;
  /** See AuditTrail. Undefined without a spool. */
  written?: ((exchange: AllowedExchange) => Promise<void> | undefined) | undefined;
  fail(exchange: WebExchange, error: unknown): void;
};

/** One request on its way to the application. */
type Attempt = {
  exchange: Allowed<WebExchange>;
  /** What goes upstream as the body, if it is not the request itself. */
  body: Readable | undefined;
  outgoing: ClientRequest | undefined;
  timer: NodeJS.Timeout | undefined;
  timedOut: boolean;
  settled: boolean;
  /** Whether it may be sent twice, because a kept-alive connection can close just as it is used again. */
  readonly mayRetry: boolean;
  /** Whether this is the second time. It goes over a new connection: all that were kept may be closing. */
  again: boolean;
};

const ofRequest = Symbol('attempt');

/**
 * A request, with its latest attempt. A WeakMap would keep each request beyond its end: what is in one counts as reachable
 * whenever only the young generation is collected.
 */
type Attempted = IncomingMessage & { [ofRequest]?: Attempt };

/** Ends an attempt that gets no response. While the body still arrives, the application cannot be late. */
function limitFirstByte(attempt: Attempt): void {
  const { upstream, request } = attempt.exchange;
  if (upstream.firstByte === 0) return;
  attempt.timer = setTimeout(() => {
    if (!request.complete) return limitFirstByte(attempt);
    attempt.timedOut = true;
    attempt.outgoing?.destroy(new Error('no response in time'));
  }, upstream.firstByte);
}

function settle(attempt: Attempt): void {
  attempt.settled = true;
  clearTimeout(attempt.timer);
}

function asProblem({ exchange, timedOut }: Attempt, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (timedOut)
    return new ProblemError('upstream-timeout', 'The application did not respond in time.', { cause: error });
  return upstreamUnreachable(exchange, error);
}

function onResponse(attempt: Attempt, answer: IncomingMessage, deps: ForwardWebDeps): void {
  const { exchange } = attempt;
  clearTimeout(attempt.timer);
  if (authenticatesConnection(answer.headers)) attempt.outgoing!.shouldKeepAlive = false;
  const refuse = (error: unknown) => {
    settle(attempt);
    attempt.outgoing?.destroy();
    deps.fail(exchange, error);
  };
  if (attempt.settled || clientIsGone(exchange)) return void answer.destroy();
  if (!mayBeRelayed(answer))
    return refuse(new ProblemError('upstream-unreachable', 'The response could be read in two ways.'));
  whenWritten(deps.written?.(exchange), answer, {
    proceed() {
      settle(attempt);
      relayWebResponse(exchange, answer, deps.lifecycle);
    },
    refuse,
    gone: () => upstreamUnreachable(exchange),
    isOver: () => attempt.settled || exchange.response.destroyed,
  });
}

/**
 * Refuses a 101 that nobody asked for. Without a listener, Node would close the connection and report neither a response
 * nor an error.
 */
function onUpgrade(attempt: Attempt, socket: Duplex, { fail }: ForwardWebDeps): void {
  socket.destroy();
  if (attempt.settled) return;
  settle(attempt);
  fail(attempt.exchange, new ProblemError('upstream-unreachable', 'The application switched protocols unasked.'));
}

/** Reports whether a request failed only because its kept-alive connection had just closed. */
function wasStale({ mayRetry, again, outgoing, exchange }: Attempt, error: unknown): boolean {
  const { code } = error as { code?: string };
  return mayRetry && !again && outgoing?.reusedSocket === true && code === 'ECONNRESET' && !clientIsGone(exchange);
}

/** Creates the proxy itself, hardened: it gets finished headers and a body, and this file answers. */
function createProxy(deps: ForwardWebDeps, again: (attempt: Attempt) => void) {
  return createProxyMiddleware<Attempted, ServerResponse>({
    // The router names the address of each request. No other is ever used.
    target: 'http://127.0.0.1:1',
    router(request, _response, options) {
      const { exchange, body, again } = request[ofRequest]!;
      const { agent, freshAgent, target } = exchange.upstream;
      Object.assign(options, { agent: again ? freshAgent : agent, ...(body ? { buffer: body } : {}) });
      return target;
    },
    selfHandleResponse: true,
    changeOrigin: false,
    xfwd: false,
    followRedirects: false,
    ws: false,
    ejectPlugins: true,
    plugins: [
      (proxy) => {
        proxy.on('proxyReq', (outgoing, request) => {
          const attempt = request[ofRequest]!;
          attempt.outgoing = outgoing;
          if (!mayShareConnection(outgoing.getHeader('authorization'))) outgoing.shouldKeepAlive = false;
          if (attempt.settled) outgoing.destroy();
          else limitFirstByte(attempt);
          outgoing.once('upgrade', (_answer, socket) => onUpgrade(attempt, socket, deps));
        });
        proxy.on('proxyRes', (answer, request) => onResponse(request[ofRequest]!, answer, deps));
        proxy.on('error', (error, request) => {
          const attempt = request?.[ofRequest];
          if (!attempt || attempt.settled) return;
          clearTimeout(attempt.timer);
          if (wasStale(attempt, error)) return again(attempt);
          settle(attempt);
          deps.fail(attempt.exchange, asProblem(attempt, error));
        });
      },
    ],
  });
}

/**
 * Creates the last step of a plain request to a web application. It streams in both directions with back-pressure. When
 * the browser closes, the request ends upstream at once.
 */
export function createForwardWeb(deps: ForwardWebDeps): Step<Allowed<WebExchange>> {
  const run = (attempt: Attempt) => {
    const { request, response } = attempt.exchange;
    void proxy(request, response, (error: unknown) => {
      if (attempt.settled) return;
      settle(attempt);
      deps.fail(attempt.exchange, error ?? new Error('the proxy did not take the request'));
    });
  };
  const proxy = createProxy(deps, (attempt) => {
    attempt.again = true;
    run(attempt);
  });
  return (exchange) => {
    const { request, response } = exchange;
    const opened = deps.openBody(exchange);
    const passage = typeof opened === 'object' && opened !== request ? opened : undefined;
    const attempt: Attempt = {
      exchange,
      body: passage,
      outgoing: undefined,
      timer: undefined,
      timedOut: false,
      settled: false,
      mayRetry: typeof opened !== 'object' && (request.method === 'GET' || request.method === 'HEAD'),
      again: false,
    };
    (request as Attempted)[ofRequest] = attempt;
    const refuse = (error: unknown) => {
      if (attempt.settled) return;
      settle(attempt);
      attempt.outgoing?.destroy();
      deps.fail(exchange, error);
    };
    passage?.on('error', refuse); // the body was refused before its end
    response.once('close', () => {
      settle(attempt);
      if (!response.writableFinished) attempt.outgoing?.destroy();
    });
    // From here on only what was built for the application counts. In options, it would be added to the client's.
    request.headers = headersForNode(exchange);
    exchange.upstreamStartedAt = performance.now();
    run(attempt);
    deps.lifecycle.sent(exchange, ({ code, detail }) => {
      if (response.headersSent) cutResponse(exchange);
      else refuse(new ProblemError(code, detail));
    });
  };
}
