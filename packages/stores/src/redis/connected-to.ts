import type { Redis } from 'ioredis';

/** Reports whether a client is connected to the server at `address` (`host:port`). False for a host that is a name. */
export function isConnectedTo(client: Redis, address: string): boolean {
  const { remoteAddress, remotePort } = client.stream ?? {};
  return `${remoteAddress}:${remotePort}` === address;
}
