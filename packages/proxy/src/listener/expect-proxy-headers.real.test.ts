import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect as connectTcp, createServer, type AddressInfo, type Socket, type TcpNetConnectOpts } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { server as cert, serverKey as key } from '../testing/client-certificates.ts';
import { binaryHeader } from '../testing/proxy-header.ts';
import { createGatewayServer } from './create-gateway-server.ts';
import { expectProxyHeaders } from './expect-proxy-headers.ts';

const header = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n');
const other = binaryHeader({ family: 0x11, source: [192, 0, 2, 8] });
const itself = binaryHeader({ command: 0x20, family: 0, source: [] });
const get = 'GET / HTTP/1.1\r\nHost: gate\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: gate\r\nContent-Length: 4\r\n\r\nbody';

let server: Server;
let refused: [string | undefined, string][] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

/** Starts a server that answers with the address of the client and the length of the body. */
async function start(tls: boolean, { trusted = true, host = '127.0.0.1', headerMs = 60_000 } = {}): Promise<void> {
  refused = [];
  server = createGatewayServer({
    tls: tls ? { cert, key } : undefined,
    isOwn: () => true,
    recordUnparsable: (socket: Socket, reason: string) => refused.push([socket.remoteAddress, reason]),
    answerOwn(request: IncomingMessage, response: ServerResponse) {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () => response.end(`${request.socket.remoteAddress} ${length}\n`));
    },
  } as unknown as Parameters<typeof createGatewayServer>[0]);
  expectProxyHeaders(server, {
    isTrusted: (address) => trusted && address === '127.0.0.1',
    refused: (socket, reason) => refused.push([socket.remoteAddress, reason]),
    headerMs,
  });
  server.listen(0, host);
  await once(server, 'listening');
}

/** Opens a connection, and gathers what comes back. */
function dial(port = (server.address() as AddressInfo).port, how: Partial<TcpNetConnectOpts> = {}) {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true, ...how });
  sockets.push(socket);
  const seen = { socket, text: '', over: false };
  socket.on('error', () => {}).on('close', () => (seen.over = true));
  return seen;
}
function gather(seen: { text: string; over: boolean }, from: Socket): void {
  from.on('error', () => {}).on('data', (chunk: Buffer) => (seen.text += chunk.toString('latin1')));
  from.on('end', () => (seen.over = true));
}

/** Speaks TLS on a connection that has begun with something else. */
function secure(seen: ReturnType<typeof dial>): Socket {
  const tls = connectTls({ socket: seen.socket, rejectUnauthorized: false });
  sockets.push(tls);
  gather(seen, tls);
  return tls;
}

describe.each([
  ['without TLS', false],
  ['with TLS', true],
])('a server behind a load balancer with the PROXY protocol, %s', (_what, tls) => {
  const client = (seen: ReturnType<typeof dial>) => {
    if (tls) return secure(seen);
    gather(seen, seen.socket);
    return seen.socket;
  };

  it('knows the client by the header of each connection, for all requests on it', async () => {
    await start(tls);
    const [one, two] = [dial(), dial()];
    one.socket.write(header);
    two.socket.write(other);
    const [first, second] = [client(one), client(two)];
    first.write(get);
    await until(() => one.text.includes('192.0.2.7 0\n'));
    second.write(post);
    await until(() => two.text.includes('192.0.2.8 4\n'));
    first.write(post);
    await until(() => one.text.includes('192.0.2.7 4\n'));
    expect(one.text.match(/^HTTP\/1.1 200/gm)).toHaveLength(2);
    expect(refused).toEqual([]);
  });

  it('reads a header that comes byte by byte', async () => {
    await start(tls);
    const seen = dial();
    seen.socket.setNoDelay(true);
    for (const byte of header.toString()) {
      seen.socket.write(byte);
      await pause(1);
    }
    client(seen).write(get);
    await until(() => seen.text.includes('192.0.2.7 0\n'));
  });

  it('takes a connection of the load balancer itself for what it is', async () => {
    await start(tls);
    const seen = dial();
    seen.socket.write(itself);
    client(seen).write(get);
    await until(() => seen.text.includes('127.0.0.1 0\n'));
  });

  it('closes a connection without a header, and one whose header does not come to an end', async () => {
    await start(tls, { headerMs: 300 });
    const [none, half] = [dial(), dial()];
    client(none).write(get);
    half.socket.write('PROXY TCP4 192');
    gather(half, half.socket);
    await until(() => none.over && half.over);
    expect([none.text, half.text]).toEqual(['', '']);
    expect(refused).toEqual(Array(2).fill(['127.0.0.1', 'NO_PROXY_HEADER']));
  });

  it('records nothing of a connection that only looks whether the port is open', async () => {
    await start(tls);
    const seen = dial();
    gather(seen, seen.socket);
    await once(seen.socket, 'connect');
    seen.socket.end();
    await until(() => seen.over);
    expect(refused).toEqual([]);
  });

  it('believes no header of any other peer', async () => {
    await start(tls, { trusted: false });
    const [plain, claiming] = [dial(), dial()];
    client(plain).write(get);
    await until(() => plain.text.includes('127.0.0.1 0\n'));
    claiming.socket.write(header);
    claiming.socket.write(get);
    gather(claiming, claiming.socket);
    await until(() => claiming.over);
    expect(claiming.text).not.toContain('200 OK');
    expect(refused.every(([address]) => address === '127.0.0.1')).toBe(true);
  });

  it('names the client in what it records of bytes that are not HTTP', async () => {
    await start(tls);
    const seen = dial();
    seen.socket.write(header);
    client(seen).write('\x00\x01\r\n\r\n');
    await until(() => refused.length > 0);
    expect(refused[0]![0]).toBe('192.0.2.7');
  });
});

describe('a server behind a load balancer with the PROXY protocol', () => {
  it('reads a request that comes together with the header', async () => {
    await start(false);
    const seen = dial();
    gather(seen, seen.socket);
    seen.socket.write(Buffer.concat([header, Buffer.from(post + get)]));
    await until(() => seen.text.includes('192.0.2.7 4\n') && seen.text.includes('192.0.2.7 0\n'));
  });

  it('names the client of a handshake that fails', async () => {
    await start(true);
    let address: string | undefined;
    server.on('clientError', (_error, socket) => {
      address = (socket as Socket).remoteAddress;
    });
    const seen = dial();
    gather(seen, seen.socket);
    seen.socket.write(Buffer.concat([header, Buffer.from(get)]));
    await until(() => address !== undefined);
    expect(address).toBe('192.0.2.7');
  });

  it('keeps two clients apart that the load balancer sends from one port to two addresses', async () => {
    await start(true, { host: '0.0.0.0' });
    const { port } = server.address() as AddressInfo;
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const from = { localAddress: '127.0.0.1', localPort: (probe.address() as AddressInfo).port };
    await new Promise((resolve) => {
      probe.close(resolve);
    });
    const [one, two] = [dial(port, from), dial(port, { ...from, host: '127.0.0.2' })];
    one.socket.write(header);
    two.socket.write(other);
    const [first, second] = [secure(one), secure(two)];
    second.write(get);
    await until(() => two.text.includes('192.0.2.8 0\n'));
    first.write(get);
    await until(() => one.text.includes('192.0.2.7 0\n'));
    second.destroy();
    two.socket.destroy();
    await pause(50);
    first.write(post);
    await until(() => one.text.includes('192.0.2.7 4\n'));
  });
});
