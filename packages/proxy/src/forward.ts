import { Transform, type Readable } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { Dispatcher } from 'undici';
import type { Exchange, Step } from './exchange.ts';
import { cleanResponseHeaders, cleanTrailers } from './headers/clean-response-headers.ts';

type Attempt = { controller: Dispatcher.DispatchController | undefined; settled: boolean };
export type ForwardDeps = {
  /** Milliseconds until a short request's first byte. */
  firstByte: number;
  started(exchange: Exchange): void;
  fail(exchange: Exchange, error: unknown): void;
};

const deadSocket = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** What went wrong on the way to the cluster, without its text: addresses and certificates are the operator's business, and stand in the log. */
function asProblem(error: unknown): ProblemError {
  const code = (error as { code?: string }).code ?? '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new ProblemError('upstream-timeout', 'The cluster did not begin to answer in time.', { cause: error });
  if (code === 'UND_ERR_INVALID_ARG') return new ProblemError('bad-request', 'The request holds a character that cannot be sent on.', { cause: error });
  return new ProblemError('upstream-unreachable', 'The cluster cannot be reached from the gateway, or broke off before it answered.', { cause: error });
}

function bodyOf(exchange: Exchange): Readable | null {
  const headers = exchange.headers!;
  if (!headers.chunked && !((headers.contentLength ?? 0) > 0)) return null;
  if (exchange.expectsContinue) exchange.response.writeContinue();
  if (!headers.chunked) return exchange.request;
  // Counted on the way through: a listener for data would set the body flowing before anybody sends it on.
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      exchange.bytesIn += chunk.length;
      done(undefined, chunk);
    },
  });
  counted.on('error', () => {}); // told to whoever sends it on, as long as somebody does
  exchange.request.on('error', (error) => counted.destroy(error));
  return exchange.request.pipe(counted);
}

function dispatchOptions(exchange: Exchange, body: Readable | null, firstByte: number): Dispatcher.DispatchOptions {
  const { upstream, kube, headers, request } = exchange;
  const lines = exchange.upstreamHeaders;
  if (body !== null && headers!.contentLength !== undefined) lines.push('content-length', String(headers!.contentLength));
  return {
    path: upstream!.basePath + exchange.rawTarget, method: request.method as Dispatcher.HttpMethod, headers: lines, body,
    headersTimeout: kube!.longRunning ? 0 : firstByte, bodyTimeout: 0,
  };
}

function createHandler(exchange: Exchange, attempt: Attempt, deps: ForwardDeps, retry: (error: unknown) => boolean): Dispatcher.DispatchHandler {
  const { response, kube } = exchange;
  return {
    onRequestStart(controller) {
      attempt.controller = controller;
      if (response.destroyed) controller.abort(new Error('the client went away'));
    },
    onResponseStart(controller, statusCode) {
      if (statusCode < 200) return; // 1xx says nothing to our client
      exchange.statusCode = statusCode;
      if (statusCode === 401) exchange.upstream!.refreshCredential();
      const lines = cleanResponseHeaders(rawText(controller.rawHeaders));
      response.sendDate = false;
      response.writeHead(statusCode, lines);
      response.on('drain', () => controller.resume());
      // A quiet watch must start at once; a body of known length goes out with its head.
      if (kube!.longRunning || !hasLength(lines)) response.flushHeaders();
      if (kube!.longRunning) deps.started(exchange);
    },
    onResponseData(controller, chunk) {
      exchange.bytesOut += chunk.length;
      if (!response.write(chunk)) controller.pause();
    },
    onResponseEnd(_controller, trailers) {
      attempt.settled = true;
      const kept = trailers ? cleanTrailers(trailers as Record<string, string | string[]>) : [];
      if (kept.length > 0) response.addTrailers(kept);
      response.end();
    },
    onResponseError(_controller, error) {
      if (attempt.settled || response.destroyed) return;
      attempt.settled = true;
      if (!retry(error)) deps.fail(exchange, asProblem(error));
    },
  };
}

function rawText(raw: unknown): string[] {
  return (raw as (Buffer | string)[]).map((line) => (typeof line === 'string' ? line : line.toString('latin1')));
}

function hasLength(lines: readonly string[]): boolean {
  for (let index = 0; index < lines.length; index += 2) if (lines[index]!.toLowerCase() === 'content-length') return true;
  return false;
}

/** The last step of a plain request: sends it on and streams the answer back, with back-pressure both ways. The client going away ends it upstream at once. */
export function createForward(deps: ForwardDeps): Step {
  return (exchange) => {
    const { response, request, upstream } = exchange;
    const body = bodyOf(exchange);
    const options = dispatchOptions(exchange, body, deps.firstByte);
    exchange.upstreamStartedAt = performance.now();
    let attempt: Attempt;
    // A kept-alive socket may die just as it is reused; only what changes nothing and has no body is sent again, once.
    let mayRetry = body === null && (request.method === 'GET' || request.method === 'HEAD');
    const start = () => {
      attempt = { controller: undefined, settled: false };
      upstream!.pool.dispatch(options, createHandler(exchange, attempt, deps, (error) => {
        const again = mayRetry && !response.headersSent && deadSocket.has((error as { code?: string }).code ?? '');
        mayRetry = false;
        if (again) start();
        return again;
      }));
    };
    response.on('close', () => {
      if (!response.writableFinished) attempt.controller?.abort(new Error('the client went away'));
    });
    start();
  };
}
