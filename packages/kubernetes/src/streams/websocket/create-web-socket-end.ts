import { closeCodes, encodeClose } from '../../websocket/websocket-frame.ts';
import type { StreamObserver } from '../observer/stream-observer.ts';
import { FrameBoundary } from './frame-boundary.ts';

/**
 * Creates what ends a WebSocket whose messages are not known. The client is told why by a close frame, after the current
 * frame of the server: 1008 (policy violation), or 1001 (going away) if another try can help.
 */
export function createWebSocketEnd(): Pick<StreamObserver, 'fromServer' | 'endWith'> {
  const frames = new FrameBoundary();
  return {
    fromServer: (bytes) => frames.feed(bytes),
    endWith({ code, message = '' }) {
      if (frames.closed) return undefined;
      const { remaining } = frames;
      if (remaining > 0) return { ready: false, remaining };
      const closeCode = code < 500 ? closeCodes.policyViolation : closeCodes.goingAway;
      return { ready: true, bytes: encodeClose(closeCode, message), carriesStatus: true };
    },
  };
}
