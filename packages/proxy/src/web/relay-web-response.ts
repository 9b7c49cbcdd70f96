import type { IncomingMessage } from 'node:http';
import type { Allowed, WebExchange } from '../exchange/exchange.ts';
import { cleanTrailers, headerOf } from '../headers/clean-response-headers.ts';
import { cutResponse } from '../streams/end-response.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { cleanWebResponse } from './clean-web-response.ts';
import { linesAboutWorkers } from './refuse-root-worker.ts';

/** Server-sent events are complete after every event, so that they can end without looking cut. */
const isEventStream = ({ headers }: IncomingMessage) =>
  headers['content-type']?.startsWith('text/event-stream') === true;

/** Streams the response of a web application to the client as it arrives, with back-pressure. */
export function relayWebResponse(
  exchange: Allowed<WebExchange>,
  answer: IncomingMessage,
  lifecycle: Pick<StreamLifecycle, 'answered'>,
): void {
  const { response } = exchange;
  exchange.statusCode = answer.statusCode!;
  const lines = [
    ...cleanWebResponse(answer.rawHeaders, exchange.statusCode, exchange.upstream.allowServiceWorkers),
    ...linesAboutWorkers(exchange),
  ];
  response.sendDate = false;
  // Without the reason phrase, which has no meaning (RFC 9112, 4), and which Node throws on if it has a control character.
  response.writeHead(exchange.statusCode, lines);
  // A quiet stream must start at once. A body of known length goes out together with its head.
  if (headerOf(lines, 'content-length') === undefined) response.flushHeaders();
  let drains = false;
  answer.on('data', (chunk: Buffer) => {
    exchange.bytesOut += chunk.length;
    if (response.write(chunk)) return;
    answer.pause();
    if (!drains) response.on('drain', () => answer.resume());
    drains = true;
  });
  answer.on('end', () => {
    const trailers = answer.rawTrailers.length > 0 ? cleanTrailers(answer.rawTrailers) : [];
    if (trailers.length > 0) response.addTrailers(trailers);
    response.end();
  });
  // Before its end, the response must not look complete.
  answer.on('error', () => cutResponse(exchange));
  answer.on('close', () => {
    if (!answer.complete && !response.writableEnded) cutResponse(exchange);
  });
  const endsCleanly = isEventStream(answer);
  lifecycle.answered(exchange, () => {
    answer.removeAllListeners('data');
    if (endsCleanly && !response.writableEnded) response.end();
    answer.destroy();
    if (!endsCleanly) cutResponse(exchange);
    else setTimeout(() => cutResponse(exchange), 500).unref();
  });
}
