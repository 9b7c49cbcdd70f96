import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { openCarrier, type OpenCarrier, type OpenCarrierDeps } from '../connector/open-carrier.ts';
import { createCarriers, type Carriers, type CarriersDeps } from '../gateway/carriers.ts';
import { upgradeAccepted, upgradeRefusal } from '../gateway/upgrade-refusal.ts';

type Options = {
  /** The name of the connector. */
  name?: string;
  gateway?: Partial<CarriersDeps>;
};

/** What a gateway with a connector consists of, without TLS in front. */
export type CarrierBed = {
  carriers: Carriers;
  url: URL;
  server: Server;
  /** What happened, as `connected`, `disconnected: reason` and `refused: reason`. */
  events: string[];
  gatewayKeys: { privateKey: KeyObject; publicKey: KeyObject };
  connectorKeys: { privateKey: KeyObject; publicKey: KeyObject };
  /** Opens a carrier of the connector. */
  open(deps?: Partial<OpenCarrierDeps>): Promise<OpenCarrier>;
  close(): Promise<void>;
};

/** Connects to the port of this machine that a target names, whatever its host. */
export async function dialHere({ port }: { port: number | string }): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Starts the gateway's end on a port of this machine. */
export async function startCarrierBed({ name = 'factory', gateway = {} }: Options = {}): Promise<CarrierBed> {
  const gatewayKeys = generateKeyPairSync('ed25519');
  const connectorKeys = generateKeyPairSync('ed25519');
  const events: string[] = [];
  const carriers = createCarriers({
    privateKey: () => gatewayKeys.privateKey,
    now: Date.now,
    connectors: () => [{ name, keys: [connectorKeys.publicKey] }],
    onConnected: () => events.push('connected'),
    onDisconnected: (_carrier, reason) => events.push(`disconnected: ${reason}`),
    onRefused: ({ reason }) => events.push(`refused: ${reason}`),
    ...gateway,
  });
  const server = createServer();
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const refusal = upgradeRefusal(request);
    const peer = request.socket.remoteAddress ?? '';
    if (refusal !== undefined) return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    if (!carriers.hasRoom(peer)) return void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    socket.write(upgradeAccepted(request));
    carriers.accept(socket, head, peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const opened = new Set<OpenCarrier>();
  return {
    carriers,
    url,
    server,
    events,
    gatewayKeys,
    connectorKeys,
    async open(deps = {}) {
      const carrier = await openCarrier({
        url,
        connectSocket: dialHere,
        privateKey: connectorKeys.privateKey,
        gatewayKeys: [gatewayKeys.publicKey],
        hello: () => ({ version: '0.0.0', reach: [], token: null }),
        dial: dialHere,
        ...deps,
      });
      opened.add(carrier);
      return carrier;
    },
    async close() {
      await Promise.all([...opened].map((one) => one.close()));
      carriers.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
