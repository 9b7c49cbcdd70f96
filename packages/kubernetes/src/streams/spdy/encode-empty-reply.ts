import { encodeControl, frameTypes } from './spdy-frame.ts';
import { headerDictionaryId } from './header-dictionary.ts';

// No headers: a stored block, and an empty one after it, which makes Go's reader deliver the first one. Neither depends
// on what was compressed before, so they can follow any block of the server.
const noHeaders = [0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xff];

/**
 * Encodes the reply that accepts a stream in place of the server. `first` means that the server has not sent a header
 * block. No header block of the server may follow.
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
