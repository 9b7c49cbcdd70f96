import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n\r\n`;

let rig: Rig;
let upstream: ServerResponse[] = [];
const start = async (answer: (response: ServerResponse, url: string) => void) => {
  upstream = [];
  rig = await createRig((request, response) => {
    upstream.push(response);
    answer(response, request.url!);
  });
};
afterEach(() => rig.close());

const completed = () =>
  rig.events.filter(({ type, data }) => type === 'k8s.request' && data.stage === 'ResponseComplete').length;

describe('pipelined requests', () => {
  it('are answered in order', async () => {
    await start((response, url) => void setTimeout(() => response.end(url), url.endsWith('a') ? 60 : 1));
    const answer = await rig.raw(get(`${pods}/a`) + get(`${pods}/b`) + get(`${pods}/c`));
    expect(answer.match(/pods\/[abc]/g)).toEqual(['pods/a', 'pods/b', 'pods/c']);
  });

  it('all end when their client closes, also those that are still waiting', async () => {
    await start(
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"type":"BOOKMARK"}\n'),
    );
    const socket = rig.dial();
    socket.on('error', () => {});
    socket.resume();
    socket.write(get(`${pods}?watch=true`).repeat(5));
    await until(() => upstream.length === 5 && rig.streams.registry.size === 5);
    socket.destroy();
    await until(() => rig.streams.registry.size === 0 && upstream.every((response) => response.destroyed));
    expect(completed()).toBe(5);
  });

  it.each([
    ['an upgrade', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io'],
    ['an upgrade of another kind', 'Connection: Upgrade\r\nUpgrade: h2c'],
  ])('cannot include %s, because its response could not wait for its turn', async (_what, lines) => {
    await start((response) => void setTimeout(() => response.end('{}'), 100));
    let upgrades = 0;
    rig.upstream.on('upgrade', (_request, socket) => {
      upgrades += 1;
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    });
    const answer = await rig.raw(
      get(pods).repeat(4) + get(`${pods}/web/exec?command=ls`).replace('\r\n\r\n', `\r\n${lines}\r\n\r\n`),
    );
    expect(answer).not.toContain('hello');
    await until(() => completed() === 4);
    expect(rig.events.filter(({ type }) => type === 'request.unparsable')).toHaveLength(1);
    expect([upgrades, rig.streams.registry.size]).toEqual([0, 0]);
    expect(await rig.raw(get(pods))).toContain('{}');
  });

  it('are accepted up to ten, and one more closes the connection, so that buffered responses are limited', async () => {
    await start(() => {});
    const socket = rig.dial();
    let closed = false;
    socket.on('error', () => {});
    for (const event of ['end', 'close'])
      socket.on(event, () => {
        closed = true;
      });
    socket.resume();
    socket.write(get(`${pods}?watch=true`).repeat(400));
    await until(() => closed);
    await until(() => rig.streams.registry.size === 0 && upstream.every((response) => response.destroyed));
    expect(upstream.length).toBeLessThan(12);
    expect(rig.checks.length).toBeLessThan(12);
    expect(rig.events.filter(({ type }) => type === 'request.unparsable')).toHaveLength(1);
    socket.destroy();
  });
});
