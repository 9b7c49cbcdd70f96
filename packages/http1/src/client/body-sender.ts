import type { Readable } from 'node:stream';
import type { Socket } from 'node:net';
import { Http1Error } from '../wire/http1-error.ts';

/** Receives the progress of a body: `onFull` and `onDrain` in turns, then `onSent` or `onFail`. */
type BodyListener = { onFull(): void; onDrain(): void; onSent(): void; onFail(error: Error): void };

/** A streamed body that is being sent. */
export type BodySender = { /** Stops sending and calling the listener. The rest is read and dropped. */ stop(): void };

/** Returns the error of a body that ended early. */
export const errorOf = (body: Readable): Error =>
  body.errored ?? new Http1Error('INVALID_REQUEST', 'the body ended before it was complete');

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const more = socket.write('\r\n', 'latin1');
  socket.uncork();
  return more;
}

/**
 * Sends a body as it arrives, with back-pressure: in chunks (RFC 9112, 7.1), or unchanged if its length was announced,
 * which it must then match.
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
    if (chunk.length === 0) return; // An empty chunk would end the body.
    sent += chunk.length;
    if (length !== undefined && sent > length)
      return fail(new Http1Error('INVALID_REQUEST', 'the body is longer than announced'));
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
