import type { Duplex } from 'node:stream';
import type { StreamObserver } from '@sallyport/kubernetes';
import { afterTurns } from './after-turns.ts';
import { statusOfEnd } from './end-response.ts';
import type { StreamEnd } from '../exchange/exchange.ts';
import type { Outlet } from '../exchange/session-recording.ts';

/** How long the rest of a frame may take to arrive, and how long the client may take to read it, in milliseconds. */
const boundaryMs = 300;
const flushMs = 500;

const nothing = Buffer.alloc(0);

/**
 * Prepares the end of one tunnel. If its protocol can carry it, the client is told why after the current frame: by a Status
 * on the error channel, or by a close frame. Any other tunnel just ends.
 */
export function createEndTunnel(
  client: Outlet,
  upstream: Duplex,
  observer: Pick<StreamObserver, 'fromServer' | 'endWith'> | undefined,
) {
  let ending: StreamEnd | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const finish = (lastWords: Buffer | undefined) => {
    clearInterval(timer);
    over = true;
    upstream.destroy();
    if (lastWords) client.end(lastWords);
    else client.end();
    afterTurns(flushMs, () => client.destroy()).unref();
  };
  /** Ends now if possible. Otherwise returns how many more bytes from the upstream must pass first. */
  const tryEnd = (): number => {
    const outcome = observer?.endWith(statusOfEnd(ending!));
    if (outcome && !outcome.ready) return outcome.remaining;
    finish(outcome?.bytes);
    return 0;
  };
  return {
    /**
     * Takes what the upstream sent, and returns the part that may be passed on: all of it, unless the tunnel is being ended
     * and waits for a frame to be complete.
     */
    pass(chunk: Buffer): Buffer {
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
    cut(end: StreamEnd): void {
      if (ending || client.destroyed) return;
      ending = end;
      timer = afterTurns(boundaryMs, () => finish(undefined));
      tryEnd();
    },
  };
}
export type EndTunnel = ReturnType<typeof createEndTunnel>;
