import type { Status } from '../../status/status.ts';
import { headerDictionaryId } from './header-dictionary.ts';
import { encodeData, encodeGoAway, encodeReset, encodeControl, frameTypes } from './spdy-frame.ts';
import type { SpdyStream, SpdyStreams } from './spdy-streams.ts';
import type { SpdyKind } from './stream-headers.ts';

// No headers: a stored block, and an empty one after it, which makes Go's reader deliver the first one. Neither depends
// on what was compressed before, so they can follow any block of the server.
const noHeaders = [0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xff];

/**
 * Encodes the reply that accepts a stream in place of the server. `first` means that the server has not sent a header
 * block. No header block of the server may follow.
 */
function encodeEmptyReply(id: number, first: boolean): Buffer {
  const zlibHeader = first ? [0x78, 0xf9] : [];
  const payload = Buffer.alloc(4 + (first ? 6 : 0) + noHeaders.length);
  payload.writeUInt32BE(id, 0);
  payload.set(zlibHeader, 4);
  if (first) payload.writeUInt32BE(headerDictionaryId, 6);
  payload.set(noHeaders, payload.length - noHeaders.length);
  return encodeControl({ type: frameTypes.synReply, flags: 0, payload });
}

type EndSpdySession = {
  kind: SpdyKind;
  streams: SpdyStreams;
  status: Status;
  /** Whether the server has not sent a header block. */
  firstBlock: boolean;
};

// Of the connections of a port-forward, at most this many get a reason. The others only end.
const maxReasons = 64;

/**
 * Writes what a server would send to end all streams: the status where the client reads it, the end of each stream, and
 * GOAWAY. The error stream of exec carries a Status, that of port-forward its message as text. An error stream that was
 * already used gets nothing, because a second status would make the first unreadable.
 */
export function endSpdySession({ kind, streams, status, firstBlock }: EndSpdySession): {
  bytes: Buffer;
  carriesStatus: boolean;
} {
  const frames: Buffer[] = [];
  const open = [...streams.open.values()];
  const errors = open
    .filter((stream) => stream.type === 'error' && !stream.serverDone && !stream.serverSent)
    .slice(0, maxReasons);
  const text = Buffer.from(kind === 'exec' ? JSON.stringify(status) : (status.message ?? status.reason ?? 'ended'));
  let first = firstBlock;
  for (const { id, replied } of errors) {
    if (!replied) {
      // The client discards data on a stream that was not accepted.
      frames.push(encodeEmptyReply(id, first));
      first = false;
    }
    frames.push(encodeData(id, text, true));
  }
  const withReason = new Set(errors);
  for (const stream of open) {
    if (!withReason.has(stream) && !stream.serverDone) frames.push(endOf(stream));
  }
  frames.push(encodeGoAway(streams.highest));
  return { bytes: Buffer.concat(frames), carriesStatus: errors.length > 0 };
}

// The client still reads what was sent before. Only streams that the client writes to are cut off.
function endOf({ id, type, replied }: SpdyStream): Buffer {
  return replied && type !== 'stdin' && type !== 'resize' ? encodeData(id, Buffer.alloc(0), true) : encodeReset(id);
}
