import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const web = `${pods}?watch=true`;
const body = 'planted-answer '.repeat(20_000);
const request = (method: string, target: string, ...lines: string[]) =>
  [`${method} ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', ''].join('\r\n');
const upgrade = (target: string) => request('GET', target, 'Connection: Upgrade', 'Upgrade: websocket');

let rig: Rig;
/** The waits for the spool, to settle by the test. Undefined: everything is written already. */
let waits: { ticket: unknown; resolve(): void; reject(error: unknown): void }[] | undefined;
let tunnels: Duplex[];

beforeEach(async () => {
  [waits, tunnels] = [undefined, []];
  rig = await createRig(
    (incoming, response) => {
      incoming.resume();
      if (incoming.url!.includes('watch')) return void response.write('{"type":"ADDED"}');
      response.end(incoming.url!.includes('limit') ? '{"small":true}' : body);
    },
    {},
    { firstByte: '1s' },
    (ticket) =>
      waits &&
      new Promise((resolve, reject) => {
        waits!.push({ ticket, resolve, reject });
      }),
  );
  rig.upstream.on('upgrade', (incoming, socket: Duplex) => {
    tunnels.push(socket);
    socket.on('error', () => {});
    socket.on('end', () => socket.destroy());
    socket.write(
      incoming.url!.includes('refused')
        ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nConnection: close\r\n\r\nplanted'
        : 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nplanted-hello',
    );
    socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
  });
  // The first read has no reserved ID. Its event is written before it goes upstream.
  await rig.raw(request('GET', pods, 'Connection: close'));
  await until(() => rig.events.length === 2 && rig.reservations.length === 1);
  rig.events.length = 0;
  rig.seen.length = 0;
  waits = [];
});
afterEach(() => rig.close());

/** Sends bytes and collects what comes back. */
function send(bytes: string) {
  const socket = rig.dial();
  const seen = { text: '', ended: false, socket };
  socket.on('error', () => {});
  socket.on('data', (chunk) => (seen.text += chunk.toString()));
  socket.on('close', () => (seen.ended = true));
  socket.on('end', () => (seen.ended = true));
  socket.write(bytes);
  return seen;
}
const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('with a spool, the response to a read', () => {
  it.each([
    ['that is long', pods, 'RequestReceived', body],
    ['that is short', `${pods}?limit=1`, 'ResponseComplete', '{"small":true}'],
    ['that stays open', `${pods}?watch=true`, 'RequestReceived', '{"type":"ADDED"}'],
  ])('%s begins when the event of the request is written', async (_what, target, stage, expected) => {
    const client = send(request('GET', target));
    await until(() => waits!.length === 1);
    expect(rig.events[(waits![0]!.ticket as number) - 1]!.data.stage).toBe(stage);
    await pause(100);
    expect(client.text).toBe('');
    waits![0]!.resolve();
    await until(() => client.text.includes(expected));
    expect(client.text).toMatch(/^HTTP\/1\.1 200 /);
    client.socket.destroy();
  });

  it('does not wait if it is written already, and the connection to the cluster is used again', async () => {
    waits = undefined;
    for (let n = 0; n < 3; n += 1)
      expect(await rig.raw(request('GET', pods, 'Connection: close'))).toContain(body.slice(0, 100));
    expect(new Set(rig.seen.map(({ socket }) => socket.remotePort)).size).toBe(1);
  });

  it('does not begin if the event cannot be written: the client gets 503 and nothing of the answer', async () => {
    const client = send(request('GET', pods, 'Connection: close'));
    await until(() => waits!.length === 1);
    waits![0]!.reject(new ProblemError('audit-unavailable', 'The spool did not take the event in time.'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.text).not.toContain('planted');
    await until(() => rig.events.some(({ data }) => data.stage === 'ResponseComplete'));
    expect(rig.events.at(-1)!.data.responseStatus!.code).toBe(503);
  });

  it('is not sent to a client that has gone, and the cluster is not read further', async () => {
    const client = send(request('GET', pods));
    await until(() => waits!.length === 1);
    client.socket.destroy();
    await until(() => rig.events.some(({ data }) => data.stage === 'ResponseComplete'));
    waits![0]!.resolve();
    await pause(50);
    expect(rig.events.filter(({ data }) => data.stage === 'ResponseComplete')).toHaveLength(1);
  });

  it('is followed by the next one on the same connection', async () => {
    const client = send(request('GET', `${pods}?limit=1`));
    await until(() => waits!.length === 1);
    waits![0]!.resolve();
    await until(() => client.text.includes('{"small":true}'));
    client.socket.write(request('GET', `${pods}?limit=2`));
    await until(() => waits!.length === 2);
    waits![1]!.resolve();
    await until(() => client.text.split('{"small":true}').length === 3);
    client.socket.destroy();
  });
});

it('a write, which was recorded before it went upstream, is answered at once', async () => {
  expect(await rig.raw(request('DELETE', `${pods}/a?limit=1`, 'Connection: close'))).toMatch(/^HTTP\/1\.1 200 /);
  expect(waits).toEqual([]);
});

describe('with a spool, an upgrade that only reads', () => {
  it('is answered when its event is written, and loses nothing of either side', async () => {
    const client = send(upgrade(web));
    await until(() => waits!.length === 1);
    client.socket.write('early');
    await pause(100);
    expect(client.text).toBe('');
    waits![0]!.resolve();
    await until(() => client.text.includes('echo early'));
    expect(client.text).toMatch(/^HTTP\/1\.1 101 [^]*planted-hello/);
    client.socket.destroy();
  });

  it.each([
    ['accepts', web],
    ['refuses', `${web}&labelSelector=refused`],
  ])('that the cluster %s gets 503 if its event cannot be written', async (_what, target) => {
    const client = send(upgrade(target));
    await until(() => waits!.length === 1);
    waits![0]!.reject(new ProblemError('audit-unavailable', 'The spool did not take the event in time.'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.text).not.toContain('planted');
    await until(() => tunnels[0]!.destroyed);
  });

  it('gets 502 if the cluster has closed by then, and may close first itself', async () => {
    const client = send(upgrade(web));
    await until(() => waits!.length === 1);
    tunnels[0]!.destroy();
    await pause(50);
    waits![0]!.resolve();
    await until(() => client.text !== '');
    expect(client.text).toMatch(/^HTTP\/1\.1 (502|101) /);
    const gone = send(upgrade(web));
    await until(() => waits!.length === 2);
    gone.socket.destroy();
    await until(() => tunnels[1]!.destroyed);
    waits![1]!.resolve();
    await pause(50);
  });
});
