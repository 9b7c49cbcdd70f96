import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { CheckAnswer } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const ended: CheckAnswer = {
  decision: { effect: 'authenticate', rule: 'default-deny', reasons: ['user-unauthenticated'], policyVersion: 'v' },
  problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
};
const webSocket = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Protocol: v5.channel.k8s.io'];
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

let rig: Rig;
let cluster: Socket[] = [];
const timers: NodeJS.Timeout[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const socket of sockets.splice(0)) socket.destroy();
  await rig.close();
});

async function start(upgraded: (socket: Socket) => void): Promise<void> {
  cluster = [];
  rig = await createRig((request, response: ServerResponse) => {
    cluster.push(request.socket);
    response.on('error', () => {});
    response.writeHead(200, { 'content-type': 'application/json' });
    timers.push(setInterval(() => response.write('{"type":"BOOKMARK"}\n'), 20));
  });
  rig.upstream.on('upgrade', (_request, socket: Socket) => {
    cluster.push(socket);
    socket.allowHalfOpen = true;
    socket.on('error', () => {}).resume();
    upgraded(socket);
  });
}

function begin(target: string, lines: readonly string[] = []): { socket: Socket; text(): string; closed: boolean } {
  const socket = rig.dial();
  sockets.push(socket);
  let text = '';
  const client = { socket, text: () => text, closed: false };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      client.closed = true;
    })
    .on('end', () => {
      client.closed = true;
    });
  socket.write([`GET ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', ''].join('\r\n'));
  return client;
}
const revoke = () => {
  rig.answer = () => ended;
  rig.streams.onChange({ type: 'session-revoked', sessionId: 'ses_1', issuer: 'https://idp', subject: 'alice', at: 0 });
};
const gone = () =>
  cluster.every((socket) => socket.destroyed || socket.readableEnded) && rig.streams.registry.size === 0;
const pour = (socket: Socket) => timers.push(setInterval(() => socket.write('more'), 20));

describe('a half-closed tunnel ends with its session', () => {
  it.each([
    [
      'its client has closed its side, and the cluster goes on',
      (client: Socket, upstream: Socket) => {
        client.end();
        pour(upstream);
      },
    ],
    [
      'the cluster has closed its side, and the client goes on',
      (client: Socket, upstream: Socket) => {
        upstream.end();
        pour(client);
      },
    ],
    [
      'neither reads',
      (client: Socket, upstream: Socket) => {
        client.pause();
        upstream.pause();
        upstream.write(Buffer.alloc(32 * 1024 * 1024));
        client.write(Buffer.alloc(32 * 1024 * 1024));
      },
    ],
  ])('where %s', async (_what, half) => {
    await start((socket) => void socket.write(switched));
    const client = begin(`${pods}/web/exec?command=sh`, webSocket);
    await until(() => client.text().includes('101'));
    half(client.socket, cluster[0]!);
    await pause(100);
    expect(rig.streams.registry.size).toBe(1);
    revoke();
    await until(() => rig.streams.registry.size === 0);
    cluster[0]!.resume();
    await until(gone);
  });

  it('where the client has sent and closed its side before the upgrade was accepted', async () => {
    await start(() => {});
    const client = begin(`${pods}/web/exec?command=sh`, webSocket);
    await until(() => cluster.length === 1);
    client.socket.write('early');
    await pause(20);
    client.socket.end();
    await pause(50);
    revoke();
    await until(gone);
  });
});

describe('a request whose client has closed its side', () => {
  it.each([`${pods}?watch=true`, `${pods}/web/log?follow=true`, pods, '/clusters/dev/version'])(
    '(%s) ends with its session',
    async (target) => {
      await start(() => {});
      const client = begin(target);
      await until(() => client.text().includes('BOOKMARK'));
      client.socket.end();
      await pause(100);
      revoke();
      await until(() => gone() && client.closed);
    },
  );
});
