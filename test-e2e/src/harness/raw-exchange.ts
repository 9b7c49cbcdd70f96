import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { receive } from '@sallyport/attack';
import { clientContext } from './client-context.ts';

export type RawAnswer = {
  text: string;
  bytes: Buffer;
  /** The other side ended or cut the connection. */ closed: boolean;
};

/** Opens a TLS connection (HTTP/1.1) to a gateway for raw bytes. */
export async function dialRaw(url: string, ca: string): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  // allowHalfOpen is documented, but not in the types.
  const server = { host: hostname, port: Number(port), secureContext: clientContext({ ca }) };
  const options = { ...server, ALPNProtocols: ['http/1.1'], allowHalfOpen: true };
  const socket = connect(options);
  socket.on('error', () => {});
  // No test needs a connection that stays half closed for longer.
  socket.once('end', () => void setTimeout(() => socket.destroy(), 10_000).unref());
  await once(socket, 'secureConnect');
  return socket;
}

/**
 * Sends raw bytes and returns the response. It ends when the other side closes, when `done` matches, or after `quietMs`
 * without data. Without `quietMs`, that is fifteen seconds before the first byte, because the machine may be busy, and two
 * seconds after it.
 */
export async function rawExchange(
  url: string,
  ca: string,
  bytes: string | Buffer,
  options: { quietMs?: number; done?: RegExp } = {},
): Promise<RawAnswer> {
  const socket = await dialRaw(url, ca);
  const quietMs = options.quietMs ?? 2000;
  const received = receive(
    socket,
    (text) => options.done?.test(text) === true,
    (text) => (text === '' ? (options.quietMs ?? 15_000) : quietMs),
  );
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const { text, closed } = await received;
  socket.destroy();
  const all = Buffer.from(text, 'latin1');
  return { text: all.toString('utf8'), bytes: all, closed };
}
