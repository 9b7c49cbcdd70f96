import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Change, CheckAnswer } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { alice, allow, createRig, type Rig } from '../testing/gateway-rig.ts';

const api = '/clusters/dev/api/v1/namespaces/dev';
const upload = `${api}/services/web/proxy/upload`;
const ended: CheckAnswer = {
  decision: { effect: 'authenticate', rule: 'default-deny', reasons: ['user-unauthenticated'], policyVersion: 'v' },
  problem: { code: 'unauthenticated', detail: 'This session was ended. Log in again.' },
};
const revoked: Change = { type: 'session-revoked', sessionId: 'ses_1', issuer: 'https://idp', subject: 'alice', at: 0 };
const framings: [string, string, (text: string) => string, string][] = [
  ['with a length', 'Content-Length: 8', (text) => text, ''],
  ['in chunks', 'Transfer-Encoding: chunked', (text) => `${text.length.toString(16)}\r\n${text}\r\n`, '0\r\n\r\n'],
];

let rig: Rig;
/** What the cluster received of each body. A complete one is done. */
let got: { text: string; whole: boolean; over: boolean }[] = [];

async function start(): Promise<void> {
  got = [];
  rig = await createRig((request, response) => {
    const one = { text: '', whole: false, over: false };
    got.push(one);
    request.on('data', (chunk: Buffer) => {
      one.text += chunk.toString('latin1');
    });
    request.on('error', () => {});
    request.on('close', () => {
      one.over = true;
    });
    request.on('end', () => {
      one.whole = true;
      if (request.url!.includes('/proxy/')) return;
      response.end('{}');
    });
  });
}
afterEach(() => rig.close());

function begin(method: string, target: string, line: string): { socket: Socket; text(): string } {
  const socket = rig.dial();
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\n${line}\r\n\r\n`);
  return { socket, text: () => text };
}

describe.each(framings)('a body that arrives %s', (_name, line, part, last) => {
  it('never becomes complete if its end is held back until its sender has lost the right to write', async () => {
    await start();
    const { socket, text } = begin('POST', `${api}/pods`, line);
    socket.write(part('half'));
    await until(() => rig.checks.length === 1);
    await pause(1100);
    rig.answer = () => ended;
    socket.write(part('rest') + last);
    await until(() => text().includes('\r\n\r\n') && got.every(({ over }) => over));
    expect(text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(text()).toContain('This session was ended');
    expect(got.filter((one) => one.whole)).toEqual([]);
    await until(() =>
      rig.events.some(({ data }) => data.stage === 'ResponseComplete' && data.responseStatus?.code === 401),
    );
    socket.destroy();
  });

  it('is rechecked as a write by its method, though its path is that of a followed log', async () => {
    await start();
    const { socket, text } = begin(
      'PUT',
      '/clusters/dev/apis/example.com/v1/namespaces/dev/things/t/log?follow=true',
      line,
    );
    socket.write(part('half'));
    await until(() => rig.checks.length === 1);
    await pause(1100);
    rig.answer = () => ended;
    socket.write(part('rest') + last);
    await until(() => text().includes('\r\n\r\n') && got.every(({ over }) => over));
    expect(got.filter((one) => one.whole)).toEqual([]);
    socket.destroy();
  });

  it('is rechecked at its end too, when a change arrived in between', async () => {
    await start();
    const { socket, text } = begin('POST', `${api}/pods`, line);
    socket.write(part('half'));
    // Waits until the body has begun: one that is complete when it is opened is not rechecked.
    await until(() => got[0]?.text === 'half');
    rig.answer = () => allow({ ...alice, groups: [] });
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'w' });
    socket.write(part('rest') + last);
    await until(() => text().includes('\r\n\r\n'));
    expect(text()).toMatch(/^HTTP\/1\.1 403 /);
    expect(got.filter((one) => one.whole)).toEqual([]);
    socket.destroy();
  });

  it.each([
    ['white space', ' \n\t'.repeat(50)],
    ['a second value', '{"b":2}'],
    ['a second document', '\n---\n# x\n'],
    ['noise', 'x'.repeat(100)],
  ])(
    'is not forwarded further once its sender has lost the right to write, even if it is only padded with %s',
    async (_what, padding) => {
      await start();
      const value = '{"a":1}';
      const { socket, text } = begin(
        'PUT',
        `${api}/pods/web`,
        line.replace(': 8', `: ${value.length + padding.length + 1}`),
      );
      socket.write(part(value.slice(0, -1)));
      await until(() => got[0]?.text === value.slice(0, -1));
      await pause(1100);
      rig.answer = () => ended;
      socket.write(part(`}${padding}`));
      await until(() => text().includes('\r\n\r\n') && got.every(({ over }) => over));
      expect(text()).toMatch(/^HTTP\/1\.1 401 /);
      expect(got[0]!.text).toBe(value.slice(0, -1));
      socket.destroy();
    },
  );

  it('is rechecked before any of it is forwarded if its event was acknowledged late', async () => {
    await start();
    rig.acknowledgeMs = 1050;
    const { socket, text } = begin('POST', `${api}/pods`, line);
    socket.write(part('half'));
    await until(() => rig.checks.length === 1);
    rig.answer = () => ended;
    await until(() => text().includes('\r\n\r\n'));
    expect(text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(got.map((one) => one.text).join('')).toBe('');
    socket.destroy();
  });

  it('is rechecked once a second however many pieces it arrives in, and the piece that waited is forwarded', async () => {
    await start();
    const pieces = 220;
    const begun = performance.now();
    const { socket, text } = begin('POST', `${api}/pods`, line.replace(': 8', `: ${pieces}`));
    for (let count = 0; count < pieces; count += 1) {
      socket.write(part('x'));
      await pause(10);
    }
    socket.write(last);
    await until(() => text().includes('{}'));
    expect(got[0]!.text).toHaveLength(pieces);
    expect(rig.checks.length).toBeGreaterThanOrEqual(3);
    // A busy machine takes longer for the pieces, and each further second is a further check.
    expect(rig.checks.length).toBeLessThanOrEqual((performance.now() - begun) / 1000 + 3);
    socket.destroy();
  });

  it('slowly is forwarded completely if it is still allowed, and refused if authorize cannot be reached', async () => {
    await start();
    for (const [answer, code] of [
      [() => allow(), 200],
      [
        () => {
          throw new ProblemError('authorize-unavailable', 'down');
        },
        503,
      ],
    ] as const) {
      rig.answer = () => allow();
      const { socket, text } = begin('POST', `${api}/pods`, line);
      const seen = rig.checks.length;
      socket.write(part('half'));
      await until(() => rig.checks.length === seen + 1);
      await pause(1100);
      rig.answer = answer;
      socket.write(part('rest') + last);
      await until(() => text().includes('\r\n\r\n'));
      expect(text()).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
      expect(got.filter((one) => one.whole).map((one) => one.text)).toEqual(['halfrest']);
      socket.destroy();
    }
  });

  it('at once is checked once', async () => {
    await start();
    const { socket, text } = begin(
      'POST',
      `${api}/pods`,
      `${line}\r\n\r\n${part('halfrest')}${last}`.replace(/(\r\n){2}$/, last === '' ? '' : '\r\n\r\n'),
    );
    await until(() => text().includes('{}'));
    expect([rig.checks.length, got[0]!.text.slice(0, 8)]).toEqual([1, 'halfrest']);
    socket.destroy();
  });
});

describe('an exchange that is not answered yet ends with the right to it', () => {
  it('when it is an upload to a proxied service: nothing more is sent there', async () => {
    await start();
    const { socket, text } = begin('POST', upload, 'Transfer-Encoding: chunked');
    const pour = setInterval(() => socket.write('4\r\nmore\r\n'), 10);
    await until(() => (got[0]?.text.length ?? 0) > 16);
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    await until(() => got[0]!.over && text().includes('\r\n\r\n'));
    clearInterval(pour);
    expect(text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(got[0]!.whole).toBe(false);
    expect(rig.events.map(({ type, data }) => [type, data.sallyport.stream?.reason])).toContainEqual([
      'stream.cut',
      'session-ended',
    ]);
    socket.destroy();
  });

  it('when it is a watch: its client is told why', async () => {
    await start();
    rig.upstream.removeAllListeners('request');
    let gone = false;
    rig.upstream.on('request', (request) =>
      request.on('close', () => {
        gone = true;
      }),
    );
    const { socket, text } = begin('GET', `${api}/pods?watch=true`, 'Accept: application/json');
    await until(() => rig.streams.registry.size === 1 && rig.checks.length === 1);
    await pause(50);
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    await until(() => gone && text().includes('}'));
    expect(text()).toMatch(/^HTTP\/1\.1 401 /);
    await until(() => rig.streams.registry.size === 0);
    socket.destroy();
  });

  it.each([
    ['websocket', 'GET'],
    ['SPDY/3.1', 'POST'],
  ])('when it is an exec over %s', async (protocol, method) => {
    await start();
    let gone = false;
    rig.upstream.on('upgrade', (_request, socket) => {
      socket.on('error', () => {});
      socket.on('end', () => {
        gone = true;
      });
      socket.resume();
    });
    const { socket, text } = begin(
      method,
      `${api}/pods/web/exec?command=sh`,
      `Connection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Protocol: v5.channel.k8s.io${method === 'GET' ? '' : '\r\nContent-Length: 0'}`,
    );
    await until(() => rig.streams.registry.size === 1);
    await pause(50);
    rig.answer = () => ended;
    rig.streams.onChange(revoked);
    await until(() => gone && text().includes('}'));
    expect(text()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });
});
