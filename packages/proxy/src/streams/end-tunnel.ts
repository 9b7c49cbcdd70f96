import type { Duplex } from 'node:stream';
import type { StreamObserver } from '@sallyport/kubernetes';
import { statusOfEnd } from './end-response.ts';
import type { StreamEnd } from './open-stream.ts';

/** Ends a tunnel towards its client. */
export type EndTunnel = {
  /**
   * Takes what the cluster sent while the end waits for a frame to be whole; returns what of it may be passed on, all
   * of it if no end is under way.
   */
  pass(chunk: Buffer): Buffer;
  cut(end: StreamEnd): void;
};

/** How long the rest of a frame may take to come, and a client to take what is left for it, in milliseconds. */
const boundaryMs = 300;
const flushMs = 500;

const nothing = Buffer.alloc(0);

/**
 * Prepares the end of one tunnel: where its protocol can carry it, and at the end of a frame, the client is told why (a
 * Status on the error channel); anything else just ends.
 */
export function createEndTunnel(client: Duplex, cluster: Duplex, observer: StreamObserver | undefined): EndTunnel {
  let ending: StreamEnd | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const finish = (lastWords: Buffer | undefined) => {
    clearTimeout(timer);
    over = true;
    cluster.destroy();
    if (lastWords) client.end(lastWords);
    else client.end();
    setTimeout(() => client.destroy(), flushMs).unref();
  };
  /** Ends now if it can; otherwise says how many more bytes of the cluster's must pass first. */
  const tryEnd = (): number => {
    const said = observer?.endWith(statusOfEnd(ending!));
    if (said && !said.ready) return said.remaining;
    finish(said?.bytes);
    return 0;
  };
  return {
    pass(chunk) {
      if (!ending) {
        observer?.fromServer(chunk);
        return chunk;
      }
      if (over) return nothing;
      let at = 0;
      let remaining = tryEnd();
      while (remaining > 0 && at < chunk.length) {
        const part = chunk.subarray(at, at + remaining);
        observer!.fromServer(part);
        client.write(part);
        at += part.length;
        remaining = tryEnd();
      }
      return nothing;
    },
    cut(end) {
      if (ending || client.destroyed) return;
      ending = end;
      timer = setTimeout(() => finish(undefined), boundaryMs);
      tryEnd();
    },
  };
}
