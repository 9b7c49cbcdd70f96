import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';

/**
 * Counts the open connections of clients by protocol, upgraded ones included. To be called after what splits the
 * protocols.
 */
export function countConnections(server: Server, isSecure: boolean, metrics: Metrics): void {
  const open = { 'http/1.1': 0, 'http/2': 0 };
  new Gauge({
    name: 'sallyport_proxy_client_connections',
    help: 'Open connections of clients, by protocol.',
    labelNames: ['protocol'],
    registers: [metrics],
    collect() {
      for (const [protocol, count] of Object.entries(open)) this.set({ protocol }, count);
    },
  });
  // One listener for all connections: each would otherwise keep a closure of its own.
  const closed = {
    'http/1.1': () => void (open['http/1.1'] -= 1),
    'http/2': () => void (open['http/2'] -= 1),
  };
  server.on(isSecure ? 'secureConnection' : 'connection', (socket: Duplex & { alpnProtocol?: string | false }) => {
    const protocol = socket.alpnProtocol === 'h2' ? 'http/2' : 'http/1.1';
    open[protocol] += 1;
    socket.once('close', closed[protocol]);
  });
}
