import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createGatewayClient, type GatewayClient } from '../gateway/gateway-client.ts';
import { gatewayAddress } from '../input/gateway-address.ts';
import { createRig } from '../testing/rig.ts';
import { fetchBytes } from './fetch-bytes.ts';

let server: Server;
let client: GatewayClient;
let answer: (response: ServerResponse) => void;
let asked: { url: string | undefined; headers: IncomingHttpHeaders }[];

beforeEach(async () => {
  asked = [];
  server = createServer(({ url, headers }, response) => {
    asked.push({ url, headers });
    answer(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  client = createGatewayClient(
    gatewayAddress(`http://localhost:${(server.address() as AddressInfo).port}`),
    [() => undefined],
    rig.environment,
  );
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Resolves when every connection has ended. On a busy machine, a download may give up before it has one. */
const allClosed = () => new Promise((resolve) => void server.close(resolve));

const rig = createRig();
afterAll(() => rig.remove());
const bounds = { maxBytes: 1000, deadlineMs: 60_000, silenceMs: 60_000 };
const fetchFile = (changes = {}) =>
  fetchBytes({ client, path: '/.sallyport/install/file', what: 'the file' }, { ...bounds, ...changes });

/** Sends a byte now and then, without an end. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), 5);
  response.on('close', () => clearInterval(timer));
}

describe('a download', () => {
  it('is the whole file, and sends no credential', async () => {
    answer = (response) => response.end('content');
    expect((await fetchFile()).toString()).toBe('content');
    expect(asked.map(({ url }) => url)).toEqual(['/.sallyport/install/file']);
    expect(Object.keys(asked[0]!.headers).toSorted()).toEqual(['accept', 'connection', 'host', 'user-agent']);
  });

  it('without an end stops at its size', async () => {
    answer = (response) => {
      const more = () => {
        while (response.write(Buffer.alloc(200)));
      };
      response.on('drain', more);
      more();
    };
    await expect(fetchFile()).rejects.toMatchObject({
      exit: 'unreachable',
      message: 'the file is larger than 1000 bytes',
    });
    await allClosed();
  });

  it('that announces a length of its own stops at its size too', async () => {
    answer = (response) => response.writeHead(200, { 'content-length': 2000 }).end(Buffer.alloc(2000));
    await expect(fetchFile()).rejects.toThrow('is larger than 1000 bytes');
  });

  it('that is slow stops at its deadline', async () => {
    answer = drip;
    await expect(fetchFile({ maxBytes: 1e6, deadlineMs: 200 })).rejects.toMatchObject({
      exit: 'unreachable',
      message: 'the file did not arrive within 0.2 seconds',
    });
    await allClosed();
  });

  it('that is silent stops, before its head and after it', async () => {
    answer = () => {};
    await expect(fetchFile({ deadlineMs: 100 })).rejects.toThrow('did not arrive within 0.1 seconds');
    answer = (response) => void response.write('x');
    await expect(fetchFile({ silenceMs: 100 })).rejects.toMatchObject({ exit: 'unreachable' });
  });

  it('that ends too early fails', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
    };
    await expect(fetchFile()).rejects.toMatchObject({ exit: 'unreachable' });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%d)', async (status) => {
    answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end('content');
    await expect(fetchFile()).rejects.toMatchObject({ exit: 'unreachable', message: `the gateway answered ${status}` });
    expect(asked).toHaveLength(1);
  });

  it('that a refusal never ends stops at its deadline', async () => {
    answer = (response) => {
      response.writeHead(500);
      drip(response);
    };
    await expect(fetchFile({ deadlineMs: 200 })).rejects.toThrow('did not arrive within 0.2 seconds');
  });

  it('of what the gateway does not have says so', async () => {
    answer = (response) => response.writeHead(404).end('{"detail": "no\u001b[2J"}');
    await expect(fetchFile()).rejects.toMatchObject({
      exit: 'refused',
      message: expect.stringMatching(/does not offer the file$/),
    });
  });
});
