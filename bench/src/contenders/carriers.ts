import type { Contender } from './contender.ts';
import { lacksServer, startGateway } from './sallyport.ts';

/** The gateway, and a client that speaks HTTP/1.1, or HTTP/2 with so many requests or watches at a time on a connection. */
const carrier = (streams: number | undefined, clusterHttp2: boolean): Contender => ({
  name: 'sallyport',
  title: `${streams === undefined ? 'HTTP/1.1' : `HTTP/2, ${streams} a connection`}; to the cluster ${clusterHttp2 ? 'HTTP/2' : 'HTTP/1.1'}`,
  client: { http2: streams !== undefined, streams: streams ?? 1 },
  obstacle: lacksServer,
  start: (setup, wire) => startGateway(setup, wire, { clusterHttp2 }),
});

/** For requests one after another. The last carries all of the load on one connection. */
export const carriersOfLoad = [undefined, 1, 32].map((streams) => carrier(streams, true));

/** For watches, with shared connections to the cluster and with one for each watch. */
export const carriersOfWatches = [true, false].flatMap((clusterHttp2) =>
  [undefined, 1, 10, 50].map((streams) => carrier(streams, clusterHttp2)),
);
