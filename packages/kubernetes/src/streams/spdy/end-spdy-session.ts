import type { Status } from '../../status/status.ts';
import { encodeEmptyReply } from './encode-empty-reply.ts';
import { encodeData, encodeGoAway, encodeReset } from './spdy-frame.ts';
import type { SpdyStream, SpdyStreams } from './spdy-streams.ts';
import type { SpdyKind } from './stream-headers.ts';

export type EndSpdySession = {
  kind: SpdyKind;
  streams: SpdyStreams;
  status: Status;
  /** No header block has come from the server yet. */
  firstBlock: boolean;
};

// Of a port-forward with thousands of connections, so many are told why; the others are just ended.
const maxTold = 64;

/**
 * Writes what a server would send to end all streams: the status where the client reads it, the end of each stream,
 * goodbye. The error stream of exec carries a Status, that of a port-forward its message as text. Where it has spoken
 * already, a second word would make the first unreadable.
 */
export function endSpdySession({ kind, streams, status, firstBlock }: EndSpdySession): {
  bytes: Buffer;
  carriesStatus: boolean;
} {
  const frames: Buffer[] = [];
  const open = [...streams.open.values()];
  const errors = open
    .filter((stream) => stream.type === 'error' && !stream.serverDone && !stream.serverSpoke)
    .slice(0, maxTold);
  const text = Buffer.from(kind === 'exec' ? JSON.stringify(status) : (status.message ?? status.reason ?? 'ended'));
  let first = firstBlock;
  for (const { id, replied } of errors) {
    if (!replied) {
      // The client throws away what comes on a stream that nobody has accepted.
      frames.push(encodeEmptyReply(id, first));
      first = false;
    }
    frames.push(encodeData(id, text, true));
  }
  const told = new Set(errors);
  for (const stream of open) {
    if (!told.has(stream) && !stream.serverDone) frames.push(endOf(stream));
  }
  frames.push(encodeGoAway(streams.highest));
  return { bytes: Buffer.concat(frames), carriesStatus: errors.length > 0 };
}

// What was sent before is read to its end; only a stream that the client writes to is cut off.
function endOf({ id, type, replied }: SpdyStream): Buffer {
  return replied && type !== 'stdin' && type !== 'resize' ? encodeData(id, Buffer.alloc(0), true) : encodeReset(id);
}
