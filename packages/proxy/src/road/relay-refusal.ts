import type { IncomingMessage } from 'node:http';
import type { Exchange } from '../exchange/exchange.ts';
import { cutResponse } from '../streams/cut-response.ts';

/**
 * Reports whether a response may be relayed as a refusal. Node accepts three kinds that must not be: a 101 without
 * Upgrade, which anything between here and the client might take for the start of a tunnel; a status below 100, which
 * Node throws on when it sends it; and a transfer coding in HTTP/1.0, which has none (RFC 9112, 6.1), so that readers
 * differ on where the response ends.
 */
export function isRefusal({ statusCode = 0, httpVersion, headers }: IncomingMessage): boolean {
  return statusCode >= 200 && (httpVersion !== '1.0' || headers['transfer-encoding'] === undefined);
}

/**
 * Relays a refusal from upstream and ends both connections, at the latest `endsMs` after it began. Nothing must ever
 * be sent over a half-upgraded connection (CVE-2018-1002105).
 */
export function relayRefusal(
  exchange: Exchange,
  answer: IncomingMessage,
  { endsMs, clean }: { endsMs: number; clean(raw: readonly string[], status: number): string[] },
): void {
  const { response } = exchange;
  const timer = setTimeout(() => answer.destroy(new Error('the refusal did not end in time')), endsMs);
  answer.once('close', () => clearTimeout(timer));
  exchange.statusCode = answer.statusCode ?? 502;
  if (answer.statusCode === 401) exchange.upstream?.refreshCredential();
  response.writeHead(exchange.statusCode, [...clean(answer.rawHeaders, exchange.statusCode), 'connection', 'close']);
  answer.on('data', (chunk: Buffer) => {
    exchange.bytesOut += chunk.length;
    if (!response.write(chunk)) answer.pause();
  });
  response.on('drain', () => answer.resume());
  answer.on('end', () => response.end());
  answer.on('error', () => cutResponse(exchange));
}
