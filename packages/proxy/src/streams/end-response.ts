import { problemTable } from '@sallyport/contracts';
import { createRecordBoundary, statusForProblem } from '@sallyport/kubernetes';
import { headerOf } from '../headers/clean-response-headers.ts';
import type { AllowedExchange, Exchange, StreamEnd } from '../exchange/exchange.ts';
import { afterTurns } from './after-turns.ts';

/**
 * Ends an incomplete response so that its client cannot mistake it for a complete one: without the last chunk, or with
 * fewer bytes than promised. The connection is closed as well, because Node would still send what it has buffered of a
 * destroyed response that waits behind others on the connection.
 */
export function cutResponse({ response, connection }: Exchange): void {
  if (response.writableFinished) return; // the client has all of it, and may have sent its next request
  response.destroy();
  connection.destroy();
}

/** How long the rest of a record may take to arrive, and how long the client may take to read it, in milliseconds. */
const boundaryMs = 300;
const flushMs = 500;

/** Returns the Status that tells a client why its stream ends. */
export function statusOfEnd(end: StreamEnd) {
  const { status, reason } = problemTable[end.code];
  return statusForProblem({ code: end.code, status, reason, detail: end.detail });
}

/** Ends the response. Cuts it if it would otherwise look complete without being so. */
function finish(exchange: Exchange, lastWords: Buffer | undefined, cutShort: boolean): void {
  if (cutShort) return cutResponse(exchange);
  const { response } = exchange;
  if (lastWords) response.write(lastWords);
  if (!response.writableEnded) response.end();
  // A client that has stopped reading must not keep open what it is no longer allowed to have.
  afterTurns(flushMs, () => {
    if (!response.writableFinished) cutResponse(exchange);
  }).unref();
}

/**
 * Prepares the end of one response, given its header lines. A watch ends between two records, a JSON watch with an ERROR
 * event (metav1.WatchEvent). A followed log ends cleanly. The response of a proxied service, or one with a promised
 * length, is cut.
 */
export function createEndResponse(exchange: AllowedExchange, lines: readonly string[]) {
  const { response, asked } = exchange;
  const records =
    asked.stream === 'watch' && exchange.statusCode === 200
      ? createRecordBoundary(headerOf(lines, 'content-type'), headerOf(lines, 'content-encoding'))
      : undefined;
  const cutShort = asked.stream === 'proxy' || headerOf(lines, 'content-length') !== undefined;
  let pending: (() => void) | undefined;
  return {
    /** Takes what is about to be written, and returns the part of it that may be. */
    pass(chunk: Buffer): Buffer | undefined {
      if (response.writableEnded) return undefined;
      if (!pending) {
        records?.push(chunk);
        return chunk;
      }
      const length = records!.boundaryIn(chunk);
      const kept = length === undefined ? chunk : chunk.subarray(0, length);
      records!.push(kept);
      if (length !== undefined) setImmediate(pending);
      return kept;
    },
    /** `stopUpstream` ends the cluster's side: at once, or when the current record is complete. */
    cut(end: StreamEnd, stopUpstream: () => void): void {
      const stop = () => {
        clearInterval(timer);
        pending = undefined;
        if (response.destroyed) return;
        // It has ended by itself, but the client has not taken all of it.
        if (response.writableEnded) return finish(exchange, undefined, false);
        stopUpstream();
        const lastWords = records?.atBoundary ? records.errorEvent(statusOfEnd(end)) : undefined;
        exchange.bytesOut += lastWords?.length ?? 0;
        finish(exchange, lastWords, cutShort);
      };
      const timer = afterTurns(boundaryMs, stop);
      if (records && !records.atBoundary) pending = stop;
      else stop();
    },
  };
}
export type EndResponse = ReturnType<typeof createEndResponse>;
