import { closeCodes, encodeClose, encodeFrame, opcodes } from '../../websocket/websocket-frame.ts';
import {
  StreamFault,
  type ObservedProtocol,
  type ObservedSide,
  type StreamSummary,
} from '../observer/stream-observer.ts';
import { SpdySession } from '../spdy/spdy-session.ts';
import { WebSocketScanner } from './websocket-scanner.ts';

/**
 * Creates the observer of a port-forward over WebSocket, `SPDY/3.1+portforward.k8s.io`: a SPDY connection in binary
 * messages, split anywhere.
 */
export function createTunnelObserver(): ObservedProtocol {
  const session = new SpdySession({ kind: 'portforward', statusOnError: false });
  let goodbye: StreamSummary['closed'];
  const scannerOf = (side: ObservedSide): WebSocketScanner =>
    new WebSocketScanner(side === 'client', {
      begin: ({ text }) => {
        if (text) throw new StreamFault('a text message in a tunnel');
      },
      part: (view) => session.feed(side, view),
      end: () => {},
      close: (code) => {
        goodbye ??= { by: side, ...(code !== undefined && { code }) };
      },
    });
  const scanners = { client: scannerOf('client'), server: scannerOf('server') };
  return {
    feed: (side, bytes) => scanners[side].feed(bytes),
    summary: () => ({ ...session.summary(), ...(goodbye !== undefined && { closed: goodbye }) }),
    endWith(status) {
      if (scanners.server.stopped) return undefined;
      const outside = scanners.server.untilBoundary;
      // Between two messages but inside a SPDY frame: at least the header of another message must come first.
      const remaining = outside > 0 ? outside : session.untilBoundary > 0 ? 2 : 0;
      if (remaining > 0) return { ready: false, remaining };
      const end = session.end(status);
      const close = encodeClose(closeCodes.normal);
      if (end === undefined) return { ready: true, bytes: close, carriesStatus: false };
      return {
        ready: true,
        bytes: Buffer.concat([encodeFrame({ opcode: opcodes.binary, payload: end.bytes }), close]),
        carriesStatus: end.carriesStatus,
      };
    },
  };
}
