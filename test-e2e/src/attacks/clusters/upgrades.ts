import { describe, expect, it } from '@jest/globals';
import { dialRaw, eventually, refuseUpgrade } from '../../harness/index.ts';
import {
  bytesOf,
  eventOf,
  exec,
  expectAccepted,
  expectAlice,
  expectRefused,
  pods,
  send,
  webSocket,
  type Attack,
  watchUpstreams,
} from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const spdy = ['Connection: Upgrade', 'Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io'];
const streams = [
  `${pods.replace('dev/api', 'readonly/api')}/web/exec?command=id`,
  `${pods.replace('dev/api', 'readonly/api')}/web/attach`,
  `${pods.replace('dev/api', 'readonly/api')}/web/portforward`,
];

function attackStreams(): void {
  describe('A08: exec that looks like a read', () => {
    it.each(
      streams.flatMap((target): [string, string, Attack][] => [
        ['GET and WebSocket', target, { target, lines: webSocket }],
        ['GET and SPDY', target, { target, lines: spdy }],
        ['POST and SPDY', target, { method: 'POST', target, lines: [...spdy, 'Content-Length: 0'] }],
      ]),
    )('by %s is authorized as create (%s)', async (_how, _target, attack) => {
      const { event } = await expectRefused(attack, 403, /does not allow alice@example.com to create pods\//);
      expect(event.data).toMatchObject({
        verb: attack.method === 'POST' ? 'create' : 'get',
        sallyport: { policyVerb: 'create' },
      });
    });

    it.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
      'by %s without an upgrade is authorized as create too',
      async (method) => {
        await expectRefused({ method, target: streams[0]! }, 403);
      },
    );

    it('does not reach the cluster without an upgrade, even if it is allowed', async () => {
      await expectRefused({ target: exec }, 400, /needs an upgrade/);
      await expectRefused({ method: 'POST', target: exec, lines: ['Content-Length: 0'] }, 400, /needs an upgrade/);
    });

    it('is forwarded as alice if the policy allows create', async () => {
      const { request } = await expectAccepted({ target: exec, lines: webSocket }, 101);
      expectAlice(request);
      const [event] = await attackFixture().gateway.audit.await({
        subresource: 'exec',
        stage: 'ResponseStarted',
        user: 'alice@example.com',
      });
      expect(event!.data).toMatchObject({
        verb: 'get',
        sallyport: { policyVerb: 'create', exec: { command: ['ls'], container: 'c' } },
      });
      expect(event!.data.requestURI).not.toContain('command');
    });
  });
}

/** Sends an upgrade, waits for the refusal, and sends another request on the same connection. */
async function reuse(bytes: string, next: string): Promise<string> {
  const socket = await dialRaw(attackFixture().gateway.url, attackFixture().gateway.caPem);
  let text = '';
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  for (const event of ['end', 'close'])
    socket.on(event, () => {
      ended = true;
    });
  socket.write(bytes);
  await eventually('an answer', () => text.includes('\r\n\r\n'));
  socket.write(next);
  await eventually('the end of the connection', () => ended);
  socket.destroy();
  attackFixture().answers.push(text);
  return text;
}

function attackReuse(): void {
  describe('A12: a refused upgrade', () => {
    it('by policy ends the connection, and nothing after it is read', async () => {
      const arrived = watchUpstreams();
      const text = await reuse(
        bytesOf({ target: streams[0]!, lines: webSocket }),
        bytesOf({ target: '/clusters/dev/api/v1/secrets' }),
      );
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
      expect(arrived()).toBe('');
    });

    it.each([400, 401, 403, 404, 500, 200])(
      'by the cluster (%d) is relayed, and both connections end',
      async (status) => {
        const { dev } = attackFixture();
        const from = dev.connections.length;
        dev.answerUpgrade((_request, socket) =>
          refuseUpgrade(socket, status, { 'Content-Type': 'application/json' }, '{"refused":true}'),
        );
        const text = await reuse(
          bytesOf({ target: exec, lines: webSocket }),
          bytesOf({ target: '/clusters/dev/api/v1/secrets' }),
        );
        expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
        expect(text).toContain('{"refused":true}');
        expect(text.toLowerCase()).toContain('connection: close');
        const [used, ...more] = dev.connections.slice(from);
        expect(more).toEqual([]);
        expect(used!.requests).toHaveLength(1);
        expect(used!.bytes().toString('latin1')).not.toContain('secrets');
        await eventually('the end upstream', () => used!.closed);
      },
    );

    it('that the cluster leaves open is not pooled', async () => {
      const { dev } = attackFixture();
      const from = dev.connections.length;
      dev.answerUpgrade((_request, socket) => {
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}');
        socket.pipe(socket);
      });
      const reply = await send(bytesOf({ target: exec, lines: webSocket }));
      expect(reply.code).toBe(403);
      await expectAccepted({});
      expect(dev.connections[from]!.requests).toHaveLength(1);
      await eventually('the end upstream', () => dev.connections[from]!.closed);
    });

    it('to another protocol than the requested one is cut', async () => {
      attackFixture().dev.answerUpgrade((_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
        socket.pipe(socket);
      });
      const reply = await send(bytesOf({ target: exec, lines: webSocket }));
      expect(reply.code).toBe(502);
      expect((await eventOf(reply.auditId)).data.responseStatus!.code).toBe(502);
    });
  });
}

function attackProtocols(): void {
  const upgradeTo = (value: string, connection = 'Upgrade') => [
    `Connection: ${connection}`,
    `Upgrade: ${value}`,
    ...webSocket.slice(2),
  ];
  const refused: [string, Attack][] = [
    ...[
      'h2c',
      'websocket, h2c',
      'h2c, websocket',
      'TLS/1.0',
      'SPDY/2',
      'SPDY/3',
      'SPDY/3.1, websocket',
      'websocket/13',
      'connect-udp',
      'websockets',
      '"websocket"',
      'web socket',
      ',',
    ].map((value): [string, Attack] => [`to ${JSON.stringify(value)}`, { target: exec, lines: upgradeTo(value) }]),
    ['on two lines', { target: exec, lines: [...webSocket, 'Upgrade: h2c'] }],
    ['on two lines, both the same', { target: exec, lines: [...webSocket, 'Upgrade: websocket'] }],
    [
      'with HTTP2-Settings',
      { target: exec, lines: [...upgradeTo('h2c', 'Upgrade, HTTP2-Settings'), 'HTTP2-Settings: AAMAAABkAAQAAP__'] },
    ],
    ['without Connection', { target: exec, lines: webSocket.slice(1) }],
    ['without Upgrade', { target: exec, lines: ['Connection: Upgrade'] }],
    ['of a list', { lines: webSocket }],
    ['of a pod', { target: `${pods}/web`, lines: webSocket }],
    ['of a log that is not followed', { target: `${pods}/web/log`, lines: webSocket }],
    ['of a path that is not a resource', { target: '/clusters/dev/version', lines: webSocket }],
    ['in HTTP/1.0', { target: exec, version: 'HTTP/1.0', lines: webSocket }],
    ['by POST to a WebSocket', { method: 'POST', target: exec, lines: [...webSocket, 'Content-Length: 0'] }],
    ['by PUT', { method: 'PUT', target: exec, lines: [...spdy, 'Content-Length: 0'] }],
    ['by CONNECT', { method: 'CONNECT', target: exec }],
    ['with a body', { method: 'POST', target: exec, lines: [...spdy, 'Content-Length: 5'], body: 'hello' }],
    [
      'with a chunked body',
      { method: 'POST', target: exec, lines: [...spdy, 'Transfer-Encoding: chunked'], body: '0\r\n\r\n' },
    ],
    ['with a body, by GET', { target: exec, lines: [...webSocket, 'Content-Length: 5'], body: 'hello' }],
  ];
  describe('A13: an upgrade', () => {
    it.each(refused)('%s is refused', async (_what, attack) => {
      const code = attack.method === 'CONNECT' ? 405 : 400;
      await expectRefused(attack, code);
    });

    it('with a request behind it executes neither', async () => {
      const { reply } = await expectRefused(
        bytesOf({ target: exec, lines: webSocket }) + bytesOf({ method: 'DELETE', target: `${pods}/web` }),
        400,
        /Bytes follow/,
      );
      expect(reply.closed).toBe(true);
      expect(reply.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    });
  });
}

export function attackUpgrades(): void {
  attackStreams();
  attackReuse();
  attackProtocols();
}
