import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const log = `${pods}/web/log?follow=true`;

let rig: Rig;
let accepted: Duplex[] = [];
/** How the cluster answers an upgrade. */
async function start(
  answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  timeouts: object = { connect: '200ms', firstByte: '800ms' },
): Promise<void> {
  accepted = [];
  rig = await createRig((_request, response) => void response.end('{}'), {}, timeouts);
  rig.upstream.on('upgrade', (_request, socket: Duplex) => {
    accepted.push(socket);
    socket.on('error', () => {}).resume();
    socket.write(answer);
  });
}
afterEach(() => rig.close());

const upgrade = (target: string, ...lines: string[]) =>
  [
    'GET ' + target + ' HTTP/1.1',
    'Host: gate',
    'Authorization: Bearer spt_x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    ...lines,
    '',
    '',
  ].join('\r\n');
const offers = (protocols: string) => `Sec-WebSocket-Protocol: ${protocols}`;
const bearer = `base64url.bearer.authorization.k8s.io.${Buffer.from('spt_x').toString('base64url')}`;

describe('an upgrade of a log', () => {
  it.each([
    'v5.channel.k8s.io',
    'v4.channel.k8s.io',
    'channel.k8s.io',
    'SPDY/3.1+portforward.k8s.io',
    'Binary.k8s.io',
    'binary',
    'binary.k8s.io, v5.channel.k8s.io',
    'v4.channel.k8s.io, base64.binary.k8s.io',
    'binary.k8s.io,',
    ',',
    '',
    `v5.channel.k8s.io, ${bearer}`,
  ])(
    'with the subprotocol %j is refused before anything goes upstream, because the API server would refuse it and never end it',
    async (protocols) => {
      await start();
      const answer = await rig.raw(upgrade(log, offers(protocols)));
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ kind: 'Status', code: 400 });
      expect([accepted, rig.seen]).toEqual([[], []]);
      await until(() => rig.events.some(({ data }) => data.responseStatus?.code === 400));
    },
  );

  it('with two lines, one of them with a foreign subprotocol, is refused', async () => {
    await start();
    expect(await rig.raw(upgrade(log, offers('binary.k8s.io'), offers('v5.channel.k8s.io')))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    expect(accepted).toEqual([]);
  });

  it.each([
    [undefined, undefined],
    ['binary.k8s.io', 'binary.k8s.io'],
    ['base64.binary.k8s.io', 'base64.binary.k8s.io'],
    ['base64.binary.k8s.io, binary.k8s.io', 'base64.binary.k8s.io, binary.k8s.io'],
    [`${bearer}, binary.k8s.io`, 'binary.k8s.io'],
  ])('that offers %j is accepted', async (protocols, sent) => {
    await start();
    let offered: string | undefined;
    rig.upstream.prependListener('upgrade', (request) => {
      offered = request.headers['sec-websocket-protocol'] as string | undefined;
    });
    expect(await rig.raw(upgrade(log, ...(protocols === undefined ? [] : [offers(protocols)])))).toMatch(
      /^HTTP\/1\.1 101 /,
    );
    expect([accepted.length, offered]).toEqual([1, sent]);
  });
});

describe('what can be upgraded to websocket only', () => {
  it.each([log, `${pods}?watch=true`, '/clusters/dev/api/v1/watch/pods'])(
    '%s, is refused over SPDY, because its response would be a plain one and relayed as a refusal',
    async (target) => {
      await start();
      expect(await rig.raw(upgrade(target).replace('websocket', 'SPDY/3.1'))).toMatch(/^HTTP\/1\.1 400 /);
      expect(accepted).toEqual([]);
    },
  );
});

describe('a cluster that refuses an upgrade', () => {
  it.each([
    ['and keeps the connection', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}'],
    ['in chunks', 'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['without a body', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
    ['with a status that has no body', 'HTTP/1.1 304 Not Modified\r\n\r\n'],
  ])('%s is closed at once', async (_how, answer) => {
    await start(answer);
    expect(await rig.raw(upgrade(`${pods}/web/exec?command=ls`))).toMatch(/^HTTP\/1\.1 (403|304) /);
    await until(() => accepted[0]!.destroyed || accepted[0]!.readableEnded);
    await until(() => rig.streams.registry.size === 0);
  });

  it.each([
    ['does not end its response', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n{'],
    ['does not end its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
    ['answers up to the end of the connection', 'HTTP/1.1 403 Forbidden\r\n\r\nrefused'],
    ['switches without saying to what', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['only promises a response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['begins a head', 'HTTP/1.1 403 Forb'],
  ])('is closed when its time is over, together with the client, if it %s', async (_how, answer) => {
    await start(answer);
    let closed = false;
    const socket = rig.dial();
    socket
      .on('error', () => {})
      .on('close', () => {
        closed = true;
      })
      .on('end', () => socket.end())
      .resume();
    socket.write(upgrade(`${pods}/web/exec?command=ls`));
    await until(() => accepted.length === 1);
    await until(() => closed && (accepted[0]!.destroyed || accepted[0]!.readableEnded));
    await until(() => rig.streams.registry.size === 0);
  });
});
