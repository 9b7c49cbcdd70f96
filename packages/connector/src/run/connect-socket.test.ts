import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectSocket } from './connect-socket.ts';

let gateway: Server;
let proxy: HttpServer;
let asked: { target: string; credential: string | undefined }[];
const portOf = (server: Server) => (server.address() as AddressInfo).port;
beforeEach(async () => {
  asked = [];
  gateway = createServer((socket) => void socket.end('the gateway'));
  proxy = createHttpServer();
  // It knows the name of the gateway, which nobody else resolves.
  proxy.on('connect', ({ url = '', headers }, socket: Socket) => {
    asked.push({ target: url, credential: headers['proxy-authorization'] });
    if (url !== 'gate.invalid:8443') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const through = connect(portOf(gateway), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
  });
  for (const server of [gateway, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  for (const server of [gateway, proxy]) {
    server.close();
    await once(server, 'close');
  }
});

const never = new AbortController().signal;
const read = async (socket: Socket) => String((await once(socket, 'data'))[0]);
const through = (more: object = {}) => ({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${portOf(proxy)}`, ...more });

describe('the way to the gateway', () => {
  it('is direct without a proxy', async () => {
    const url = new URL(`https://127.0.0.1:${portOf(gateway)}`);
    expect(await read(await connectSocket({})(url, never))).toBe('the gateway');
    expect(await read(await connectSocket(through())(url, never))).toBe('the gateway');
    expect(asked).toEqual([]);
  });

  it('leads through HTTPS_PROXY, which resolves the name, unless NO_PROXY has it', async () => {
    const url = new URL('https://gate.invalid:8443');
    expect(await read(await connectSocket(through())(url, never))).toBe('the gateway');
    expect(asked).toEqual([{ target: 'gate.invalid:8443', credential: `Basic ${btoa('user:secret')}` }]);
    await expect(connectSocket(through({ NO_PROXY: 'gate.invalid' }))(url, never)).rejects.toThrow('gate.invalid');
    expect(asked).toHaveLength(1);
  });

  it('says that the proxy refused, without its password', async () => {
    const error = await connectSocket(through())(new URL('https://other.invalid'), never).catch((one: unknown) => one);
    expect(String(error)).toContain('refused to connect to other.invalid:443: 403');
    expect(String(error)).not.toContain('secret');
  });

  it('is given up when it takes too long', async () => {
    const stop = new AbortController();
    // An address of documentation, which does not answer.
    const connecting = connectSocket({})(new URL('https://192.0.2.1:1'), stop.signal);
    stop.abort(new Error('too late'));
    await expect(connecting).rejects.toThrow();
  });
});
