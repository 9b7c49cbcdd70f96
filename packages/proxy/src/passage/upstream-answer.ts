import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { AllowedExchange, Exchange } from '../exchange/exchange.ts';
import { cutResponse } from '../streams/end-response.ts';

/**
 * Returns the problem of a cluster or an application that gives no response. The text of the cause is not part of it: it
 * may name addresses and certificates, which are for the operator and appear in the log.
 */
export function upstreamUnreachable({ kind: what }: Pick<Exchange, 'kind'>, cause?: unknown): ProblemError {
  return new ProblemError(
    'upstream-unreachable',
    `The gateway cannot reach the ${what}, or the ${what} closed the connection before it responded.`,
    { cause },
  );
}

/**
 * Runs `proceed` when the event of a request is written: at once without `waiting`. `source` is what comes from upstream,
 * which nobody reads until then, and `gone` the problem if it has closed. Runs nothing if the exchange ended meanwhile,
 * and `refuse` if the event cannot be written or the upstream has gone.
 */
export function whenWritten(
  waiting: Promise<void> | undefined,
  source: Duplex | Readable,
  steps: { proceed(): void; refuse(error: unknown): void; gone(): ProblemError; isOver(): boolean },
): void {
  const { proceed, refuse, gone, isOver } = steps;
  if (!waiting) return proceed();
  source.on('error', () => {}); // shows in `destroyed`
  waiting.then(
    () => {
      if (isOver()) return;
      if (source.destroyed) refuse(gone());
      else proceed();
    },
    (error: unknown) => {
      if (!isOver()) refuse(error);
    },
  );
}

/**
 * Reports whether a response may be relayed. Node accepts three kinds that must not be: a 101 without Upgrade, which
 * anything between here and the client might take for the start of a tunnel; a status below 100, which Node throws on
 * when it sends it; and a transfer coding in HTTP/1.0, which has none (RFC 9112, 6.1), so that readers differ on where
 * the response ends.
 */
export function mayBeRelayed({ statusCode = 0, httpVersion, headers }: IncomingMessage): boolean {
  return statusCode >= 200 && (httpVersion !== '1.0' || headers['transfer-encoding'] === undefined);
}

/**
 * Relays a refusal from upstream and ends both connections, at the latest `endsMs` after it began. Nothing must ever
 * be sent over a half-upgraded connection (CVE-2018-1002105).
 */
export function relayRefusal(
  exchange: AllowedExchange,
  answer: IncomingMessage,
  { endsMs, clean }: { endsMs: number; clean(raw: readonly string[], status: number): string[] },
): void {
  const { response } = exchange;
  const timer = setTimeout(() => answer.destroy(new Error('the refusal did not end in time')), endsMs);
  answer.once('close', () => clearTimeout(timer));
  exchange.statusCode = answer.statusCode ?? 502;
  if (answer.statusCode === 401) exchange.upstream.refreshCredential?.();
  response.writeHead(exchange.statusCode, [...clean(answer.rawHeaders, exchange.statusCode), 'connection', 'close']);
  answer.on('data', (chunk: Buffer) => {
    exchange.bytesOut += chunk.length;
    if (!response.write(chunk)) answer.pause();
  });
  response.on('drain', () => answer.resume());
  answer.on('end', () => response.end());
  answer.on('error', () => cutResponse(exchange));
}
