import type { Readable } from 'node:stream';
import { type Http1Flow, type Http1Handler } from '@sallyport/http1';
import { ProblemError } from '@sallyport/kit';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { cleanResponseHeaders, cleanTrailers } from '../headers/clean-response-headers.ts';
import { cutAnswer } from '../streams/cut-answer.ts';
import { createEndResponse, type EndResponse } from '../streams/end-response.ts';
import type { StreamEnd } from '../streams/open-stream.ts';

type Attempt = { flow: Http1Flow | undefined; settled: boolean };
export type ForwardDeps = {
  /** Milliseconds until a short request's first byte. */
  firstByte: number;
  /** The body to send: a stream, the empty text for a body that is there and empty, undefined for none. */
  openBody(exchange: Exchange): Readable | string | undefined;
  /** The request goes upstream; `refuse` ends it there and tells the client, as long as no answer has begun. */
  sent(exchange: Exchange, refuse: (end: StreamEnd) => void): void;
  /**
   * The answer has begun; `cut` ends it: readably where it can carry that, and otherwise so that it does not look
   * whole.
   */
  started(exchange: Exchange, cut: (end: StreamEnd) => void): void;
  fail(exchange: Exchange, error: unknown): void;
};

/**
 * What went wrong on the way to the cluster, without its text: addresses and certificates are the operator's business,
 * and stand in the log.
 */
function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error; // our own: the body was not let through to its end
  const code = (error as { code?: string }).code ?? '';
  if (code === 'HEADERS_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT')
    return new ProblemError('upstream-timeout', 'The cluster did not begin to answer in time.', { cause: error });
  if (code === 'INVALID_REQUEST' || code === 'UND_ERR_INVALID_ARG')
    return new ProblemError('bad-request', 'The request holds a character that cannot be sent on.', { cause: error });
  return new ProblemError(
    'upstream-unreachable',
    'The cluster cannot be reached from the gateway, or broke off before it answered.',
    { cause: error },
  );
}

function requestOf(exchange: Exchange, body: Readable | string | undefined, firstByte: number) {
  const { upstream, kube, headers, request } = exchange;
  return {
    path: upstream!.basePath + exchange.rawTarget,
    method: request.method!,
    headers: exchange.upstreamHeaders,
    body,
    bodyLength: headers!.contentLength,
    headersTimeoutMs: kube!.longRunning ? 0 : firstByte,
  };
}

function createHandler(
  exchange: Exchange,
  attempt: Attempt,
  deps: ForwardDeps,
  retry: (unanswered: boolean) => boolean,
): Http1Handler {
  const { response, kube } = exchange;
  let drains = false;
  let ending: EndResponse | undefined;
  const stop = () => {
    attempt.settled = true;
    attempt.flow?.abort();
  };
  const cut = (end: StreamEnd) => {
    if (ending) return ending.cut(end, stop);
    stop();
    cutAnswer(exchange);
  };
  return {
    onStart(flow) {
      attempt.flow = flow;
      if (response.destroyed || attempt.settled) flow.abort();
    },
    onHead(statusCode, raw) {
      exchange.statusCode = statusCode;
      if (statusCode === 401) exchange.upstream!.refreshCredential();
      const lines = cleanResponseHeaders(raw, statusCode);
      response.sendDate = false;
      response.writeHead(statusCode, lines);
      // A quiet watch must start at once; a body of known length goes out with its head.
      if (kube!.longRunning || !hasLength(lines)) response.flushHeaders();
      if (kube!.longRunning) ending = createEndResponse(exchange, lines);
      deps.started(exchange, cut);
    },
    onData(chunk) {
      const kept = ending ? ending.pass(chunk) : chunk;
      if (!kept || kept.length === 0) return;
      exchange.bytesOut += kept.length;
      if (response.write(kept)) return;
      attempt.flow!.pause();
      if (!drains) response.on('drain', () => attempt.flow!.resume());
      drains = true;
    },
    onEnd(trailers) {
      attempt.settled = true;
      const kept = trailers.length > 0 ? cleanTrailers(trailers) : [];
      if (kept.length > 0) response.addTrailers(kept);
      response.end();
    },
    onError(error, unanswered) {
      if (attempt.settled || response.destroyed) return;
      attempt.settled = true;
      if (!retry(unanswered)) deps.fail(exchange, asProblem(error));
    },
  };
}

function hasLength(lines: readonly string[]): boolean {
  for (let index = 0; index < lines.length; index += 2)
    if (lines[index]!.length === 14 && lines[index]!.toLowerCase() === 'content-length') return true;
  return false;
}

/**
 * The last step of a plain request: sends it on and streams the answer back, with back-pressure both ways. The client
 * going away ends it upstream at once.
 */
export function createForward(deps: ForwardDeps): Step {
  return (exchange) => {
    const { response, request, upstream } = exchange;
    const body = deps.openBody(exchange);
    const options = requestOf(exchange, body, deps.firstByte);
    exchange.upstreamStartedAt = performance.now();
    let attempt: Attempt;
    // A kept-alive socket may die just as it is reused; only what changes nothing and has no body is sent again, once.
    let mayRetry = typeof body !== 'object' && (request.method === 'GET' || request.method === 'HEAD');
    const start = () => {
      attempt = { flow: undefined, settled: false };
      upstream!.dispatch(
        options,
        createHandler(exchange, attempt, deps, (unanswered) => {
          const again = mayRetry && unanswered && !response.headersSent;
          mayRetry = false;
          if (again) start();
          return again;
        }),
      );
    };
    response.on('close', () => {
      if (!response.writableFinished) attempt.flow?.abort();
    });
    start();
    deps.sent(exchange, ({ code, detail }) => {
      attempt.settled = true;
      attempt.flow?.abort();
      deps.fail(exchange, new ProblemError(code, detail));
    });
  };
}
