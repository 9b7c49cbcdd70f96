import { encodeChannel } from '../../websocket/remote-command.ts';
import { encodeFrame, opcodes } from '../../websocket/websocket-frame.ts';
import type { StreamObserver } from '../observer/stream-observer.ts';

/** Bytes of one side. */
export type Turn = { side: 'client' | 'server'; bytes: Buffer };

/** Returns a masked message of a client. */
export function fromClient(
  channel: number,
  data: string | Uint8Array,
  mask: Uint8Array = Buffer.from([1, 2, 3, 4]),
): Buffer {
  return encodeFrame({ opcode: opcodes.binary, payload: encodeChannel(channel, Buffer.from(data as string)), mask });
}

/** Returns a message of a server. */
export function fromServer(channel: number, data: string | Uint8Array): Buffer {
  return encodeFrame({ opcode: opcodes.binary, payload: encodeChannel(channel, Buffer.from(data as string)) });
}

/** Splits bytes into pieces of these sizes, repeatedly. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Feeds the bytes of a conversation to an observer, in order and in pieces of these sizes. */
export function play(
  observer: StreamObserver,
  turns: readonly Turn[],
  sizes: readonly number[] = [1 << 20],
): StreamObserver {
  for (const { side, bytes } of turns) {
    for (const piece of cut(bytes, sizes)) {
      if (side === 'client') observer.fromClient(piece);
      else observer.fromServer(piece);
    }
  }
  return observer;
}
