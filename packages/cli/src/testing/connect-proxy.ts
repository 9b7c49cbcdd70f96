import { createServer } from 'node:http';
import { connect } from 'node:net';
import { serve } from './serve.ts';

/** A proxy that leads every CONNECT to one port of this machine, or refuses it. */
export type ConnectProxy = {
  port: number;
  /** What was asked for, with the Proxy-Authorization that came along. */
  asked: { target: string; authorization: string | undefined }[];
  /** The raw head of the response to give instead of a tunnel. */
  refusal: string | undefined;
  /** How many tunnels are open. */
  open: number;
  close(): Promise<void>;
};

export async function startConnectProxy(leadsTo: number): Promise<ConnectProxy> {
  const server = createServer((_request, response) => response.writeHead(400).end());
  const proxy: ConnectProxy = {
    port: 0,
    asked: [],
    refusal: undefined,
    open: 0,
    close: () => Promise.resolve(),
  };
  server.on('connect', ({ url, headers }, socket) => {
    proxy.asked.push({ target: url ?? '', authorization: headers['proxy-authorization'] });
    if (proxy.refusal !== undefined) return void socket.end(proxy.refusal);
    const upstream = connect(leadsTo, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    proxy.open += 1;
    socket
      .on('error', () => {})
      .on('close', () => {
        proxy.open -= 1;
        upstream.destroy();
      });
    upstream.on('error', () => {}).on('close', () => socket.destroy());
  });
  return Object.assign(proxy, await serve(server));
}
