import { ByteView } from '../observer/byte-view.ts';
import type { ObservedProtocol } from '../observer/observed-protocol.ts';
import { SpdySession, type SpdySessionOptions } from './spdy-session.ts';

/** Creates the observer of a raw SPDY/3.1 connection. */
export function createSpdyObserver(options: SpdySessionOptions): ObservedProtocol {
  const session = new SpdySession(options);
  return {
    feed: (side, bytes) => session.feed(side, new ByteView(bytes)),
    summary: () => session.summary(),
    endWith(status) {
      const remaining = session.untilBoundary;
      if (remaining > 0) return { ready: false, remaining };
      const end = session.end(status);
      return end && { ready: true, ...end };
    },
  };
}
