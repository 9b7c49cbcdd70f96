import { problemTable } from '@sallyport/contracts';
import { statusForProblem } from '@sallyport/kubernetes';
import type { Exchange } from '../exchange.ts';
import type { StreamEnd } from './open-stream.ts';

/** Ends an answer that is under way. */
export type EndResponse = {
  /** Looks at what is about to be written; returns false when it must not be, because the answer has been ended. */
  pass(chunk: Buffer): boolean;
  /** `stopUpstream` ends the cluster's side, at once or when the record that has begun is whole. */
  cut(end: StreamEnd, stopUpstream: () => void): void;
};

/** How long the rest of a record may take to come, and a client to take what is left for it, in milliseconds. */
const boundaryMs = 300;
const flushMs = 500;
const lineFeed = 0x0a;

function headerOf(lines: readonly string[], name: string): string | undefined {
  for (let index = 0; index < lines.length; index += 2) if (lines[index]!.toLowerCase() === name) return lines[index + 1]!.toLowerCase();
  return undefined;
}

/** The `WatchEvent` that tells a client why its watch ends (metav1.WatchEvent of type ERROR, as the API server sends it). */
function errorEvent(end: StreamEnd): string {
  const { status, reason } = problemTable[end.code];
  return `${JSON.stringify({ type: 'ERROR', object: statusForProblem({ code: end.code, status, reason, detail: end.detail }) })}\n`;
}

/** Prepares the end of one answer, given its header lines. A JSON watch gets an ERROR event between two records; anything else a clean end, or a cut where its length was promised. */
export function createEndResponse(exchange: Exchange, lines: readonly string[]): EndResponse {
  const { response, kube } = exchange;
  const speaks = kube!.stream === 'watch' && exchange.statusCode === 200 && headerOf(lines, 'content-type')?.startsWith('application/json') === true && headerOf(lines, 'content-encoding') === undefined;
  const promised = headerOf(lines, 'content-length') !== undefined;
  let between = true;
  let pending: (() => void) | undefined;
  const finish = (end: StreamEnd) => {
    if (promised) return void response.destroy();
    if (speaks && between) {
      const text = errorEvent(end);
      exchange.bytesOut += Buffer.byteLength(text);
      response.write(text);
    }
    response.end();
    // A client that takes nothing any more must not keep what it may no longer have.
    setTimeout(() => {
      if (!response.writableFinished) response.destroy();
    }, flushMs).unref();
  };
  return {
    pass(chunk) {
      if (pending) {
        const at = chunk.indexOf(lineFeed);
        const kept = at < 0 ? chunk : chunk.subarray(0, at + 1);
        exchange.bytesOut += kept.length;
        response.write(kept);
        if (at < 0) return false;
        between = true;
        pending();
        return false;
      }
      if (speaks) between = chunk[chunk.length - 1] === lineFeed;
      return !response.writableEnded;
    },
    cut(end, stopUpstream) {
      if (response.writableEnded || response.destroyed) return;
      const stop = () => {
        clearTimeout(timer);
        pending = undefined;
        if (response.writableEnded || response.destroyed) return; // it came to its own end meanwhile
        stopUpstream();
        finish(end);
      };
      const timer = setTimeout(stop, speaks && !between ? boundaryMs : 0);
      if (speaks && !between) pending = stop;
      else stop();
    },
  };
}
