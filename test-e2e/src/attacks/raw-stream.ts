import type { TLSSocket } from 'node:tls';
import { dialRaw, type Gateway } from '../harness/index.ts';
import { attackFixture } from './attack-fixture.ts';

/** A connection that stays open: the received data, and when it ended (milliseconds since the epoch). */
export type RawStream = { socket: TLSSocket; bytes(): Buffer; text(): string; endedAt: number | undefined };

/** Connects to the gateway, writes the bytes (one character per byte) and leaves the connection open. */
export async function openRaw(
  bytes: string,
  gateway: Pick<Gateway, 'url' | 'caPem'> = attackFixture().gateway,
): Promise<RawStream> {
  const socket = await dialRaw(gateway.url, gateway.caPem);
  const chunks: Buffer[] = [];
  const stream: RawStream = {
    socket,
    bytes: () => Buffer.concat(chunks),
    text: () => Buffer.concat(chunks).toString('latin1'),
    endedAt: undefined,
  };
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      stream.endedAt ??= Date.now();
    });
  if (bytes !== '') socket.write(Buffer.from(bytes, 'latin1'));
  return stream;
}
