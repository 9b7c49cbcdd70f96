import { constants, type Http2Stream } from 'node:http2';

const {
  NGHTTP2_STREAM_STATE_OPEN: OPEN,
  NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL: HALF_CLOSED_LOCAL,
  NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE: HALF_CLOSED_REMOTE,
} = constants;

/**
 * Calls back when the peer ends its side of a stream, and not when the stream is reset or its connection is lost. Node.js
 * ends the body in all cases, and does not report a reset with NO_ERROR. But at that moment nghttp2 has already closed a
 * stream that was reset, and not one that the peer ended. To be called as soon as there is the stream.
 */
export function onPeerEnd(stream: Http2Stream, ended: () => void): void {
  // Node.js tells of a request only after it has read all that came with it.
  if (!stream.closed && stream.state.state === HALF_CLOSED_REMOTE) return ended();
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !stream.destroyed) {
      const { state } = stream.state;
      if (state === OPEN || state === HALF_CLOSED_LOCAL) ended();
    }
    return push(chunk, encoding);
  };
}
