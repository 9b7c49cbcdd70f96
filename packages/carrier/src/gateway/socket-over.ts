import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** As the option `onread` of `net.connect`, which Node.js ignores for everything that is not its own socket. */
export type OnRead = { buffer: Buffer; callback(bytes: number): boolean };

function feed(stream: Duplex, { buffer, callback }: OnRead): void {
  stream.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length && !stream.destroyed; at += buffer.length) {
      const part = chunk.subarray(at, at + buffer.length);
      part.copy(buffer);
      if (callback(part.length)) continue;
      stream.pause();
      const rest = chunk.subarray(at + part.length);
      if (rest.length > 0 && !stream.destroyed) stream.unshift(rest);
      return;
    }
  });
}

/** Passes on that nothing new may be sent. */
function forwardDraining(from: Duplex, to: Duplex): void {
  from.once('draining', () => to.emit('draining'));
}

/**
 * Begins TLS over a dial, or over another stream. With `onread` it is read through that and never half open, as an HTTP
 * client needs it. Without, half-close passes in both directions, as a tunnel needs it.
 */
export function secureOver(
  stream: Duplex,
  options: Pick<ConnectionOptions, 'secureContext' | 'servername' | 'ALPNProtocols'>,
  onread?: OnRead,
  halfOpen = onread === undefined,
): TLSSocket {
  // TLS takes this from what is below it.
  stream.allowHalfOpen = halfOpen;
  const socket = connect({ ...options, socket: stream });
  forwardDraining(stream, socket);
  if (onread) feed(socket, onread);
  return socket;
}

/** Makes what the same callers need of a dial without TLS. */
export function plainOver(stream: Duplex, onread?: OnRead, halfOpen = onread === undefined): Socket {
  stream.allowHalfOpen = halfOpen;
  if (onread) feed(stream, onread);
  return stream as Socket;
}
