import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  acceptUpgrade,
  describeWith,
  dialRaw,
  eventually,
  startGateway,
  startPractice,
  startRecordingUpstream,
  type Gateway,
  type PracticeAccess,
  type RecordingUpstream,
} from '../harness/index.ts';
import { processUsage } from '../streams/process-usage.ts';

const gigabyte = 1e9;
const piece = Buffer.alloc(64 * 1024, 120);
/** How much the proxy may grow while a transfer runs, in MiB. What it needs does not depend on the length. */
const maxGrowthMiB = 96;
const webSockets = 1000;
/** What was promised, in KiB of the proxy for each idle WebSocket. */
const maxKiBEach = 100;
const hosts = { plain: 'plain.example.test', tls: 'tls.example.test' };

/** Writes this many bytes as fast as the other side takes them. Returns how many have been written. */
function pour(total: number, to: NodeJS.WritableStream & { destroyed: boolean }): () => number {
  let sent = 0;
  const more = () => {
    while (sent < total && !to.destroyed) {
      const next = total - sent >= piece.length ? piece : piece.subarray(0, total - sent);
      sent += next.length;
      if (!to.write(next)) return void to.once('drain', more);
    }
    to.end();
  };
  more();
  return () => sent;
}

async function count(from: IncomingMessage): Promise<number> {
  let bytes = 0;
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(from, 'end');
  return bytes;
}

describeWith(['redis', 'kafka', 'postgres'], 'what a web application weighs in the proxy', () => {
  let practice: PracticeAccess;
  let recording: RecordingUpstream;
  let gateway: Gateway;
  let application: Server;
  let token: string;
  let poured = () => 0;
  const open: TLSSocket[] = [];

  beforeAll(async () => {
    [practice, recording] = await Promise.all([startPractice(), startRecordingUpstream()]);
    application = createServer((request: IncomingMessage, response: ServerResponse) => {
      const length = Number(request.headers['x-length'] ?? 0);
      if (request.method === 'POST')
        return void count(request).then(
          (bytes) => response.end(String(bytes)),
          () => response.destroy(),
        );
      response.writeHead(200, { 'content-length': String(length) });
      poured = pour(length, response);
    });
    application.on('upgrade', (request, socket) => {
      socket.on('error', () => {});
      acceptUpgrade(request, socket);
      socket.on('end', () => socket.end()).resume();
    });
    application.listen(0, '127.0.0.1');
    await once(application, 'listening');
    gateway = await startGateway({
      mode: 'processes',
      clusters: [{ ...practice.access }],
      more: { streams: { drain: '0s', perUser: 5000, perCluster: 5000 } },
    });
    const { port } = new URL(gateway.url);
    const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
    const plain = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
    gateway.reconfigure((config) => {
      config['routes'] = [
        { from: `https://${hosts.plain}:${port}`, to: plain, policy },
        { from: `https://${hosts.tls}:${port}`, to: recording.url, toCaFile: recording.caFile, policy },
      ];
    });
    token = (await gateway.login('alice@example.com')).token;
    await eventually('the routes to be in force', async () => (await transfer('GET', 1)).status === 200);
    // So that the code is loaded and the buffers of the process have their size.
    await transfer('GET', 200e6);
    await transfer('POST', 200e6);
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await gateway?.stop();
    application?.closeAllConnections();
    application?.close();
    await Promise.all([practice?.stop(), recording?.stop()]);
  });

  const memory = () => processUsage(gateway.processes!.pid('proxy')!).rssMiB;

  /** Begins a request and returns its response. */
  async function begin(method: 'GET' | 'POST', bytes: number): Promise<IncomingMessage> {
    const request = httpsRequest(`${gateway.url}/file`, {
      method,
      ca: gateway.caPem,
      servername: 'localhost',
      agent: false,
      headers: {
        host: hosts.plain,
        authorization: `Bearer ${token}`,
        'x-length': String(bytes),
        ...(method === 'POST' ? { 'content-length': String(bytes) } : {}),
      },
    });
    if (method === 'POST') pour(bytes, request);
    else request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  }

  /** Sends or receives this many bytes. */
  async function transfer(method: 'GET' | 'POST', bytes: number): Promise<{ status: number; bytes: number }> {
    const answer = await begin(method, bytes);
    if (method === 'GET') return { status: answer.statusCode!, bytes: await count(answer) };
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode!, bytes: Number(Buffer.concat(chunks).toString()) };
  }

  /** Watches the memory of the proxy while something happens. */
  async function weigh(what: string, happens: () => Promise<void>): Promise<number> {
    const before = memory();
    let peak = before;
    const watching = setInterval(() => {
      peak = Math.max(peak, memory());
    }, 50);
    const began = performance.now();
    await happens();
    const seconds = (performance.now() - began) / 1000;
    clearInterval(watching);
    process.stderr.write(
      `measured: ${what}: proxy ${before} MiB before, ${peak} at most, ${memory()} after; ${seconds.toFixed(1)} s\n`,
    );
    return peak - before;
  }

  it.each([
    ['upload', 'POST'],
    ['download', 'GET'],
  ] as const)('is the same after a gigabyte of %s as before', async (what, method) => {
    const growth = await weigh(`${what} of 1 GB`, async () => {
      expect(await transfer(method, gigabyte)).toEqual({ status: 200, bytes: gigabyte });
    });
    expect(growth).toBeLessThan(maxGrowthMiB);
  });

  it('does not grow while a reader stands still, who then gets everything', async () => {
    const growth = await weigh('a reader that stops for 3 s in 300 MB', async () => {
      const answer = await begin('GET', 300e6);
      await pause(3000);
      // What the sockets on the way hold.
      expect(poured()).toBeLessThan(64e6);
      expect(await count(answer)).toBe(300e6);
    });
    expect(growth).toBeLessThan(maxGrowthMiB);
  });

  async function openWebSocket(host: string): Promise<void> {
    const socket = await dialRaw(gateway.url, gateway.caPem);
    open.push(socket);
    socket.write(
      [
        'GET /ws HTTP/1.1',
        `Host: ${host}`,
        `Authorization: Bearer ${token}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        'Sec-WebSocket-Version: 13',
        '',
        '',
      ].join('\r\n'),
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /);
  }

  it.each([
    ['plain HTTP', hosts.plain],
    ['TLS', hosts.tls],
  ])('is at most so much for each idle WebSocket to an application with %s', async (what, host) => {
    for (let count = 0; count < 50; count += 1) await openWebSocket(host);
    for (const socket of open.splice(0)) socket.destroy();
    await pause(2000);
    const before = memory();
    for (let count = 0; count < webSockets; count += 50)
      await Promise.all(Array.from({ length: 50 }, () => openWebSocket(host)));
    await pause(10_000);
    const each = ((memory() - before) * 1024) / webSockets;
    process.stderr.write(`measured: ${webSockets} idle WebSockets, ${what}: ${each.toFixed(0)} KiB each\n`);
    expect(each).toBeLessThan(maxKiBEach);
  });
});
