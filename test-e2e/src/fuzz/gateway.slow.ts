import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGateway, startRecordingUpstream, type Gateway, type RecordingUpstream } from '../harness/index.ts';
import { readCorpus } from './fuzz-parser.ts';
import { createDice, mutate } from './mutate.ts';

let upstream: RecordingUpstream;
let gateway: Gateway;
let token: string;
beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGateway({ mode: 'embedded', clusters: [{ ...upstream.access }] });
  ({ token } = await gateway.login('alice@example.com'));
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const webSocket = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: v5.channel.k8s.io',
];
const request = (method: string, target: string, lines: string[] = [], body = '') =>
  Buffer.from(
    [`${method} ${target} HTTP/1.1`, 'Host: gate', `Authorization: Bearer ${token}`, ...lines, '', body].join('\r\n'),
    'latin1',
  );
const words = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  ' ',
  ':',
  'GET ',
  'POST ',
  'CONNECT ',
  'HEAD ',
  ' HTTP/1.0',
  'Host: x\r\n',
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  'Expect: 100-continue\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  '0\r\n\r\n',
  'Impersonate-User: root\r\n',
  '%2f',
  '..',
  '/.sallyport/me',
  '/clusters/dev',
  '\0',
  '\xff',
];

/**
 * Sends bytes on a new connection, and disconnects when a response has arrived, the gateway has closed the connection, or
 * nothing happens.
 */
function throwAt(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port: Number(new URL(gateway.url).port),
      ca: gateway.caPem,
    });
    const leave = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(leave, 25);
    for (const event of ['error', 'end', 'close', 'data']) socket.once(event, leave);
    socket.once('secureConnect', () => socket.write(bytes));
  });
}

it('the gateway survives any input, and executes only what was requested', async () => {
  const cases = Math.ceil(Number(process.env['SALLYPORT_FUZZ_CASES'] ?? 100_000) / 10);
  const seed = Number(process.env['SALLYPORT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);
  const dice = createDice(seed);
  const seeds = [
    request('GET', pods),
    request('GET', `${pods}?watch=true`),
    request('POST', pods, ['Content-Length: 2'], '{}'),
    request('POST', pods, ['Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
    request('GET', `${pods}/web/exec?command=ls`, webSocket),
    request('POST', `${pods}/web/exec?command=ls`, ['Connection: Upgrade', 'Upgrade: SPDY/3.1', 'Content-Length: 0']),
    request('PUT', `${pods}/web`, ['Expect: 100-continue', 'Content-Length: 2'], '{}'),
    request('GET', '/.sallyport/me'),
    request('POST', '/.sallyport/logout', ['Content-Length: 0']),
    request('CONNECT', 'x:443'),
  ];
  const corpus = readCorpus('gateway').map((bytes) =>
    Buffer.from(bytes.toString('latin1').replaceAll('TOKEN', token), 'latin1'),
  );
  for (const bytes of corpus) await throwAt(bytes);
  const pipelined = [...corpus, Buffer.concat(Array.from({ length: 40 }, () => seeds[0]!))];
  const started = performance.now();
  for (let count = 0; count < cases; count += 20) {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        throwAt(
          mutate(
            [...seeds, ...pipelined],
            words.map((word) => Buffer.from(word, 'latin1')),
            dice,
          ),
        ),
      ),
    );
  }
  process.stderr.write(
    `fuzzed: gateway: ${cases} connections in ${Math.round((performance.now() - started) / 1000)} s, seed ${seed}\n`,
  );
  for (const { rawHeaders } of upstream.requests) {
    const users = rawHeaders.filter(
      (_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'impersonate-user',
    );
    expect(users).toEqual(['alice@example.com']);
  }
  ({ token } = await gateway.login('alice@example.com'));
  expect((await gateway.request(pods, { token })).status).toBe(200);
}, 1_800_000);
