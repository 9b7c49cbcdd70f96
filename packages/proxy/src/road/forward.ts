import type { Readable } from 'node:stream';
import type { CheckAnswer } from '@sallyport/contracts';
import { type Http1Flow, type Http1Handler } from '@sallyport/http1';
import { ProblemError } from '@sallyport/kit';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Allowed, AllowedExchange, ClusterExchange, Step, StreamEnd } from '../exchange/exchange.ts';
import { cleanResponseHeaders, cleanTrailers, headerOf } from '../headers/clean-response-headers.ts';
import type { HintRefusals } from '../hints/hint-refusals.ts';
import { cutResponse, createEndResponse, type EndResponse } from '../streams/end-response.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { holdResponse } from './hold-response.ts';
import { clientIsGone } from '../exchange/client-connection.ts';
import { upstreamUnreachable } from '../passage/upstream-answer.ts';

type Attempt = { flow: Http1Flow | undefined; settled: boolean };
type ForwardDeps = {
  /** How long the first byte of the response to a short request may take, in milliseconds. */
  firstByte: number;
  /** Returns the body to send: a stream, an empty string for an empty body, or undefined for no body. */
  openBody(exchange: AllowedExchange): Readable | string | undefined;
  lifecycle: Pick<StreamLifecycle, 'sent' | 'answered'>;
  trail: Pick<AuditTrail, 'begun' | 'closed' | 'written'>;
  /** What to warn the caller of. Asked only about responses under an elevation. */
  warningOf?: (answer: CheckAnswer) => string | undefined;
  /** Without it, refusals of the cluster are passed on as they are. */
  hintRefusals?: HintRefusals | undefined;
  fail(exchange: ClusterExchange, error: unknown): void;
};

/** What went wrong on the way to the cluster, without the text of the error. */
function asProblem(exchange: ClusterExchange, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error; // the gateway's own: the body was refused before its end
  const code = (error as { code?: string }).code ?? '';
  if (code === 'HEADERS_TIMEOUT')
    return new ProblemError('upstream-timeout', 'The cluster did not respond in time.', { cause: error });
  if (code === 'INVALID_REQUEST')
    return new ProblemError('bad-request', 'The request contains a character that cannot be forwarded.', {
      cause: error,
    });
  if (code === 'REFUSED')
    return new ProblemError('too-many-requests', 'The cluster takes no further requests at the moment.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  return upstreamUnreachable(exchange, error);
}

function requestOf(exchange: Allowed<ClusterExchange>, body: Readable | string | undefined, firstByte: number) {
  const { upstream, asked, headers, request } = exchange;
  return {
    path: upstream.basePath + exchange.rawTarget,
    method: request.method!,
    headers: exchange.upstreamHeaders,
    body,
    bodyLength: headers.contentLength,
    headersTimeoutMs: asked.longRunning ? 0 : firstByte,
  };
}

function createHandler(
  exchange: Allowed<ClusterExchange>,
  attempt: Attempt,
  deps: ForwardDeps,
  retry: (unanswered: boolean) => boolean,
): Http1Handler {
  const { response, asked } = exchange;
  let drains = false;
  let ending: EndResponse | undefined;
  const stop = () => {
    attempt.settled = true;
    attempt.flow?.abort();
  };
  const cut = (end: StreamEnd) => {
    if (ending) return ending.cut(end, stop);
    stop();
    cutResponse(exchange);
  };
  return {
    onStart(flow) {
      attempt.flow = flow;
      if (clientIsGone(exchange) || attempt.settled) flow.abort();
    },
    onHead(statusCode, raw) {
      exchange.statusCode = statusCode;
      if (statusCode === 401) exchange.upstream.refreshCredential();
      const lines = cleanResponseHeaders(raw, statusCode);
      if (exchange.answer.elevations !== undefined && !asked.longRunning)
        addWarning(lines, deps.warningOf?.(exchange.answer));
      response.sendDate = false;
      response.writeHead(statusCode, lines);
      // A quiet watch must start at once. A body of known length goes out together with its head.
      if (asked.longRunning || headerOf(lines, 'content-length') === undefined) response.flushHeaders();
      if (asked.longRunning) ending = createEndResponse(exchange, lines);
      deps.lifecycle.answered(exchange, cut);
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
      if (!retry(unanswered)) deps.fail(exchange, asProblem(exchange, error));
    },
  };
}

function addWarning(lines: string[], warning: string | undefined): void {
  if (warning !== undefined) lines.push('warning', warning);
}

/** Holds the response until the event is recorded, if it may not be yet. */
function holdUntilRecorded(
  exchange: Allowed<ClusterExchange>,
  attempt: Attempt,
  handler: Http1Handler,
  { trail, fail }: ForwardDeps,
): Http1Handler {
  if (!trail.written && exchange.audited !== 'deferred') return handler;
  return holdResponse(handler, exchange, {
    trail,
    isOver: () => attempt.settled || exchange.response.destroyed,
    refuse(error) {
      attempt.settled = true;
      attempt.flow?.abort();
      fail(exchange, error);
    },
  });
}

/**
 * Creates the last step of a plain request. It forwards the request and streams the response back, with back-pressure in
 * both directions. When the client closes, the request ends upstream at once.
 */
export function createForward(deps: ForwardDeps): Step<Allowed<ClusterExchange>> {
  return (exchange) => {
    const { response, request, upstream } = exchange;
    const body = deps.openBody(exchange);
    const options = requestOf(exchange, body, deps.firstByte);
    exchange.upstreamStartedAt = performance.now();
    let attempt: Attempt;
    // A kept-alive socket may close just as it is reused. Only a request without a body that changes nothing is sent
    // again, and only once. That goes over a new connection: when a cluster restarts, all that were kept close.
    let mayRetry = typeof body !== 'object' && (request.method === 'GET' || request.method === 'HEAD');
    const start = (sent: typeof options & { fresh?: true }) => {
      attempt = { flow: undefined, settled: false };
      const handler = createHandler(exchange, attempt, deps, (unanswered) => {
        const again = mayRetry && unanswered && !response.headersSent;
        mayRetry = false;
        if (again) start({ ...options, fresh: true });
        return again;
      });
      // The hint first: the event says how long the response is that the client gets.
      const holding = holdUntilRecorded(exchange, attempt, handler, deps);
      const handling = deps.hintRefusals?.(exchange, holding, attempt) ?? holding;
      if (exchange.asked.stream === 'watch' && body === undefined) upstream.dispatchWatch(sent, handling);
      else upstream.dispatch(sent, handling);
    };
    response.on('close', () => {
      if (!response.writableFinished) attempt.flow?.abort();
    });
    start(options);
    deps.lifecycle.sent(exchange, ({ code, detail }) => {
      attempt.settled = true;
      attempt.flow?.abort();
      deps.fail(exchange, new ProblemError(code, detail));
    });
  };
}
