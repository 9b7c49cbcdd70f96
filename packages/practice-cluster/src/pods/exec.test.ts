import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  channels,
  acceptKey,
  decodeChannel,
  encodeChannel,
  encodeChannelClose,
  encodeClose,
  encodeFrame,
  opcodes,
  remoteCommandProtocol,
} from '@sallyport/kubernetes';
import { createPracticeCluster, type PracticeCluster } from '../server/create-practice-cluster.ts';
import { MessageReader } from '../websocket/message-reader.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const mask = Buffer.from([9, 8, 7, 6]);
const exec = '/api/v1/namespaces/dev/pods/web/exec?stdout=1&stderr=1';
const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': key,
  'sec-websocket-protocol': remoteCommandProtocol,
};

let cluster: PracticeCluster;
beforeEach(async () => {
  cluster = createPracticeCluster({ adminToken: 'admin' });
  await cluster.listen();
  // Pods start in the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
});
afterEach(() => cluster.close());

type Opened = { code: number; headers: IncomingMessage['headers']; socket: Duplex; head: Buffer; body: string };

function open(path: string, headers: Record<string, string> = handshake, method = 'GET'): Promise<Opened> {
  const { hostname, port } = new URL(cluster.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname,
      port,
      path,
      method,
      headers: { authorization: 'Bearer admin', ...headers },
      agent: false,
    })
      .on('error', reject)
      .end();
    request.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) =>
      resolve({ code: 101, headers: message.headers, socket, head, body: '' }),
    );
    request.on('response', (message) => {
      let body = '';
      message.on('data', (chunk) => {
        body += String(chunk);
      });
      message.on('end', () =>
        resolve({
          code: message.statusCode ?? 0,
          headers: message.headers,
          socket: message.socket,
          head: Buffer.alloc(0),
          body,
        }),
      );
    });
  });
}

type Session = {
  out: string;
  err: string;
  status: Record<string, unknown>;
  close: number;
  first: number | undefined;
  pongs: string[];
};

async function talk({ socket, head }: Opened, input: Buffer[] = []): Promise<Session> {
  const session: Session = { out: '', err: '', status: {}, close: 0, first: undefined, pongs: [] };
  const reader = new MessageReader({ expectMasked: false, maxPayload: 1 << 20, maxMessage: 1 << 20 });
  const take = (chunk: Buffer): void => {
    for (const event of reader.push(chunk)) {
      if (event.type === 'close') session.close = event.code;
      if (event.type === 'pong') session.pongs.push(event.data.toString());
      const message = event.type === 'binary' ? decodeChannel(event.data) : undefined;
      if (message === undefined || 'closed' in message) continue;
      session.first ??= message.channel;
      if (message.channel === channels.stdout) session.out += message.data.toString();
      if (message.channel === channels.stderr) session.err += message.data.toString();
      if (message.channel === channels.error) session.status = JSON.parse(message.data.toString());
    }
  };
  take(head);
  socket.write(Buffer.concat(input));
  for await (const chunk of socket) take(chunk as Buffer);
  return session;
}

function binary(payload: Buffer): Buffer {
  return encodeFrame({ opcode: opcodes.binary, payload, mask });
}

describe('an exec over WebSocket', () => {
  it('answers the handshake', async () => {
    const opened = await open(`${exec}&command=true`);
    expect(opened).toMatchObject({
      code: 101,
      headers: { 'sec-websocket-accept': acceptKey(key), 'sec-websocket-protocol': remoteCommandProtocol },
    });
    opened.socket.destroy();
  });

  it('returns output, error output and success', async () => {
    expect(await talk(await open(`${exec}&command=sh&command=-c&command=echo+a%3B+echo+b+%3E%262`))).toEqual({
      out: 'a\n',
      err: 'b\n',
      status: { metadata: {}, status: 'Success' },
      close: 1000,
      first: channels.stdout,
      pongs: [],
    });
  });

  it('returns the exit code', async () => {
    const { status, close } = await talk(await open(`${exec}&command=sh&command=-c&command=exit+3`));
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    expect(close).toBe(1000);
    expect(await talk(await open(`${exec}&command=nope`))).toMatchObject({
      err: 'nope: command not found\n',
      status: { details: { causes: [{ message: '127' }] } },
    });
  });

  it('reads input until it is closed, and answers pings', async () => {
    const input = [
      binary(encodeChannel(channels.stdin, Buffer.from('one '))),
      encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('hi'), mask }),
      binary(encodeChannel(channels.stdin, Buffer.from('two'))),
      binary(encodeChannelClose(channels.stdin)),
    ];
    expect(await talk(await open(`${exec}&stdin=1&command=cat`), input)).toMatchObject({
      out: 'one two',
      pongs: ['hi'],
      status: { status: 'Success' },
    });
  });

  it('ends when the client closes it or breaks the protocol, and when the cluster closes', async () => {
    expect(await talk(await open(`${exec}&stdin=1&command=cat`), [encodeClose(1000, '', mask)])).toMatchObject({
      close: 1000,
      status: {},
    });
    expect(
      await talk(await open(`${exec}&stdin=1&command=cat`), [
        encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([0]) }),
      ]),
    ).toMatchObject({ close: 1002 });
    expect(await talk(await open(`${exec}&stdin=1&command=cat`), [binary(Buffer.from([77]))])).toMatchObject({
      close: 1002,
    });
    const open3 = await open(`${exec}&command=sleep&command=60`);
    const talking = talk(open3);
    await cluster.close();
    expect(await talking).toMatchObject({ close: 1001 });
  });
});

describe('an invalid upgrade', () => {
  it('ends only its connection if an earlier request has not been answered yet', async () => {
    const { hostname, port } = new URL(cluster.url);
    const lines = ['Host: x', 'Authorization: Bearer admin'];
    const upgrade = Object.entries(handshake).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(Number(port), hostname);
    socket.write(
      [`GET /api/v1/pods?watch=true HTTP/1.1`, ...lines, '', `GET ${exec} HTTP/1.1`, ...lines, ...upgrade, '', ''].join(
        '\r\n',
      ),
    );
    socket.resume();
    await once(socket, 'close');
    expect((await open('/version', {})).code).toBe(200);
  });

  it.each([
    ['SPDY', 'POST', { connection: 'Upgrade', upgrade: 'SPDY/3.1' }, `${exec}&command=ls`, 400, 'not over SPDY'],
    [
      'another subprotocol',
      'GET',
      { ...handshake, 'sec-websocket-protocol': 'v4.channel.k8s.io' },
      `${exec}&command=ls`,
      400,
      'unable to negotiate',
    ],
    ['a bad key', 'GET', { ...handshake, 'sec-websocket-key': 'x' }, `${exec}&command=ls`, 400, 'RFC 6455'],
    ['no command', 'GET', handshake, exec, 400, 'at least 1 command'],
    ['no pod', 'GET', handshake, '/api/v1/namespaces/dev/pods/nope/exec?command=ls', 404, 'not found'],
    ['no upgrade', 'GET', {}, `${exec}&command=ls`, 400, 'Upgrade request required'],
    ['attach', 'GET', handshake, '/api/v1/namespaces/dev/pods/web/attach', 501, 'attach is not available'],
    ['another path', 'GET', handshake, '/api/v1/pods?watch=1', 400, 'protocol upgrades'],
    ['a stranger', 'GET', { ...handshake, authorization: 'Bearer wrong' }, `${exec}&command=ls`, 401, 'Unauthorized'],
  ])('%s is refused with a Status', async (_name, method, headers, path, code, words) => {
    const answer = await open(path, headers as unknown as Record<string, string>, method);
    expect(answer.code).toBe(code);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', code, message: expect.stringContaining(words) });
  });
});
