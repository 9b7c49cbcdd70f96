import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boundFetch } from '../http/bound-fetch.ts';
import { createOutboundFetch } from './create-outbound-fetch.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-fetch-'));
const tunnels: string[] = [];
let provider: Server;
let proxy: Server;
let ca: string;
const port = (server: Server) => (server.address() as AddressInfo).port;
const get = { method: 'GET', headers: {}, redirect: 'manual' as const };

beforeAll(async () => {
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=idp.test',
      '-addext',
      'subjectAltName=DNS:idp.test,IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  ca = readFileSync(cert, 'utf8');
  provider = createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    if (request.url === '/endless') return void setInterval(() => response.write('x'.repeat(65_536)), 1).unref();
    response.end(`hello ${request.headers.host}`);
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  // A forward proxy: CONNECT to any name leads to the provider above.
  proxy = createHttpServer().listen(0, '127.0.0.1');
  proxy.on('connect', (request, socket) => {
    tunnels.push(request.url ?? '');
    const upstream = connect(port(provider), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await once(proxy, 'listening');
});
afterAll(async () => {
  provider.closeAllConnections();
  proxy.closeAllConnections();
  await Promise.all([provider, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(directory, { recursive: true });
});

describe('the fetch for a provider', () => {
  it('trusts the configured certificate authority', async () => {
    const { fetch, close } = createOutboundFetch({ ca });
    expect(await (await fetch(`https://127.0.0.1:${port(provider)}/`, get)).text()).toContain('hello');
    await close();
  });

  it('trusts no other', async () => {
    const { fetch, close } = createOutboundFetch({});
    await expect(fetch(`https://127.0.0.1:${port(provider)}/`, get)).rejects.toBeInstanceOf(TypeError);
    await close();
  });

  it('uses the proxy with the same authority, except for hosts in NO_PROXY', async () => {
    const { fetch, close } = createOutboundFetch({
      ca,
      httpsProxy: `http://127.0.0.1:${port(proxy)}`,
      noProxy: '127.0.0.1',
    });
    expect(await (await fetch('https://idp.test:8443/', get)).text()).toBe('hello idp.test:8443');
    expect(tunnels).toEqual(['idp.test:8443']);
    await fetch(`https://127.0.0.1:${port(provider)}/`, get);
    expect(tunnels).toHaveLength(1);
    await close();
  });

  it('uses a proxy that is named without a scheme, but never for this machine', async () => {
    const { fetch, close } = createOutboundFetch({ ca, httpsProxy: `127.0.0.1:${port(proxy)}` });
    expect(await (await fetch('https://idp.test:8444/', get)).text()).toBe('hello idp.test:8444');
    expect(tunnels.at(-1)).toBe('idp.test:8444');
    const before = tunnels.length;
    expect(await (await fetch(`https://127.0.0.1:${port(provider)}/`, get)).text()).toContain('hello');
    expect(tunnels).toHaveLength(before);
    await close();
  });

  it('names the proxy if it is the reason, without its password', async () => {
    const refusing = createHttpServer().listen(0, '127.0.0.1');
    refusing.on('connect', (request, socket) =>
      socket.end(`HTTP/1.1 ${request.url === 'idp.test:443' ? '407 Who' : '503 No'}\r\nContent-Length: 0\r\n\r\n`),
    );
    await once(refusing, 'listening');
    const name = `127.0.0.1:${port(refusing)}`;
    const { fetch, close } = createOutboundFetch({ httpsProxy: `http://user:secret@${name}` });
    const fault = async (url: string) => {
      const error = await fetch(url, get).then(
        () => undefined,
        (rejection: unknown) => rejection as Error,
      );
      return ((error as Error).cause as Error).message;
    };
    const refused = `the proxy http://${name} refused to connect to`;
    expect(await fault('https://idp.test/')).toBe(
      `${refused} idp.test: 407, HTTPS_PROXY needs a user name and password`,
    );
    expect(await fault('https://idp.test:8443/')).toBe(`${refused} idp.test:8443: 503`);
    refusing.closeAllConnections();
    await new Promise((resolve) => refusing.close(resolve));
    expect(await fault('https://idp.test/')).toBe(`the proxy http://${name} cannot be reached: ECONNREFUSED`);
    await close();
  });

  it.each(['http://', 'http://user:secret@p:port', 'socks5://user:secret@p:1080'])(
    'refuses %s as a proxy, and does not repeat it',
    (httpsProxy) => {
      expect(() => createOutboundFetch({ httpsProxy })).toThrow(
        'HTTPS_PROXY is not the address of an HTTP proxy. Write it like http://proxy.example.com:3128.',
      );
    },
  );

  it('does not reuse connections, which servers close without notice, because a code cannot be redeemed twice', async () => {
    const asked: string[] = [];
    const server = createTcpServer((socket) => {
      let answered = false;
      socket.on('data', (chunk) => {
        if (answered) return void socket.destroy();
        asked.push(/^\w+/.exec(chunk.toString('latin1'))![0]);
        answered = true;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\n{}');
      });
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { fetch, close } = createOutboundFetch({});
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    for (const method of ['POST', 'POST', 'GET'])
      expect(await (await fetch(url, { ...get, method })).text()).toBe('{}');
    expect(asked).toEqual(['POST', 'POST', 'GET']);
    await close();
    server.close();
  });

  it('stops reading an endless response', async () => {
    const { fetch, close } = createOutboundFetch({ ca });
    await expect(boundFetch(fetch)(`https://127.0.0.1:${port(provider)}/endless`, get)).rejects.toThrow('too large');
    await close();
  });
});
