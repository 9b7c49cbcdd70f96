import { encodeControl, frameTypes } from './spdy-frame.ts';
import { headerDictionaryId } from './header-dictionary.ts';

// No headers, as a stored block and an empty one behind it, which makes Go's reader hand the first one out. Neither
// depends on what the sender compressed before, so it fits behind any block of another's.
const noHeaders = [0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xff];

/**
 * Accepts a stream in the server's place; `first` if the server has not sent a header block yet. After it, none of the
 * server's may follow.
 */
export function encodeEmptyReply(id: number, first: boolean): Buffer {
  const zlibHeader = first ? [0x78, 0xf9] : [];
  const payload = Buffer.alloc(4 + (first ? 6 : 0) + noHeaders.length);
  payload.writeUInt32BE(id, 0);
  payload.set(zlibHeader, 4);
  if (first) payload.writeUInt32BE(headerDictionaryId, 6);
  payload.set(noHeaders, payload.length - noHeaders.length);
  return encodeControl({ type: frameTypes.synReply, flags: 0, payload });
}
