import type { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { Http1Error } from './http1-error.ts';

/**
 * Told what becomes of a body: in turns that the other side takes no more and that it does again, then `onSent` or
 * `onFail`.
 */
export type BodyListener = { onFull(): void; onDrain(): void; onSent(): void; onFail(error: Error): void };

/** A body that is still coming, on its way to a connection. */
export type BodySender = { /** Sends and tells nothing more; what still comes is read and dropped. */ stop(): void };

/** The error of a body that is over before its end. */
export const errorOf = (body: Readable): Error =>
  body.errored ?? new Http1Error('INVALID_REQUEST', 'the body ended before it was whole');

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const more = socket.write('\r\n', 'latin1');
  socket.uncork();
  return more;
}

/**
 * Sends a body as it comes, with back-pressure: in chunks (RFC 9112, 7.1), or as it is where its length was promised,
 * which it must keep.
 */
export function sendBody(
  socket: Socket,
  body: Readable,
  length: number | undefined,
  listener: BodyListener,
): BodySender {
  let sent = 0;
  let over = false;
  const onDrain = () => {
    listener.onDrain();
    body.resume();
  };
  const finish = () => {
    over = true;
    body.off('data', onData);
    socket.off('drain', onDrain);
  };
  const fail = (error: Error) => {
    if (over) return;
    finish();
    listener.onFail(error);
  };
  const onData = (chunk: Buffer) => {
    if (chunk.length === 0) return; // an empty chunk would end the body
    sent += chunk.length;
    if (length !== undefined && sent > length)
      return fail(new Http1Error('INVALID_REQUEST', 'the body is longer than was promised'));
    if (length === undefined ? writeChunk(socket, chunk) : socket.write(chunk)) return;
    body.pause();
    listener.onFull();
  };
  body.on('error', fail);
  body.once('close', () => fail(errorOf(body)));
  body.once('end', () => {
    if (over) return;
    if (length !== undefined && sent < length) return fail(errorOf(body));
    finish();
    if (length === undefined) socket.write('0\r\n\r\n', 'latin1');
    listener.onSent();
  });
  socket.on('drain', onDrain);
  body.on('data', onData);
  return {
    stop() {
      if (over) return;
      finish();
      body.resume();
    },
  };
}
