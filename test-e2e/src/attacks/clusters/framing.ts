import { describe, expect, it } from '@jest/globals';
import { dialRaw, eventually, rawExchange } from '../../harness/index.ts';
import {
  bytesOf,
  expectAccepted,
  expectAlice,
  expectRefused,
  expectUnparsable,
  metric,
  pods,
  send,
  type Attack,
  watchUpstreams,
} from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const post = (lines: readonly string[], body = 'hello'): Attack => ({ method: 'POST', lines, body });
const chunked = (body: string, ...lines: string[]): Attack => post(['Transfer-Encoding: chunked', ...lines], body);
const whole = '5\r\nhello\r\n0\r\n\r\n';

const noHttp: [string, Attack][] = [
  ['Transfer-Encoding and Content-Length', chunked(whole, 'Content-Length: 5')],
  ['Content-Length and Transfer-Encoding', post(['Content-Length: 5', 'Transfer-Encoding: chunked'], whole)],
  ['two Content-Lengths', post(['Content-Length: 5', 'Content-Length: 6'])],
  ['the same Content-Length twice', post(['Content-Length: 5', 'Content-Length: 5'])],
  ['a list of lengths', post(['Content-Length: 5, 5'])],
  ...['+5', '-5', '0x5', '5 5', '5a', '5.0', '5e0', '', '99999999999999999999'].map((length): [string, Attack] => [
    `a Content-Length of ${JSON.stringify(length)}`,
    post([`Content-Length: ${length}`]),
  ]),
  ['a folded header', { lines: ['X-A: b', ' c'] }],
  ['a folded header, by tab', { lines: ['Accept: b', '\tImpersonate-User: root'] }],
  ['a folded first header', { lines: [' X-A: b'] }],
  ['a space before the colon', { lines: ['Transfer-Encoding : chunked'] }],
  ['a bare CR', { lines: ['X-A: b\rImpersonate-User: root'] }],
  ['a bare LF', { lines: ['X-A: b\nImpersonate-User: root'] }],
  ['CR CR LF', { lines: ['X-A: b\r'] }],
  ['no colon', { lines: ['X-A'] }],
  ['no name', { lines: [': x'] }],
  ...['chunked\x0b', 'chunked\x0c', 'chunked\0', 'chunked, identity', 'chunked, gzip', 'chunked, chunked', ''].map(
    (coding): [string, Attack] => [
      `a coding of ${JSON.stringify(coding)}`,
      post([`Transfer-Encoding: ${coding}`], whole),
    ],
  ),
  ['chunked on two lines', chunked(whole, 'Transfer-Encoding: chunked')],
  ...['HTTP/1.2', 'HTTP/3.0', 'HTTP/1.10', 'http/1.1', 'HTTP /1.1', 'HTP/1.1', 'HTTP/1,1'].map(
    (version): [string, Attack] => [version, { version }],
  ),
];
/** Heads that Node.js accepts, and that another parser might read differently. */
const refused: [string, Attack, number][] = [
  ...['identity, chunked', 'gzip, chunked', 'identity,chunked', ', chunked', 'x, chunked'].map(
    (coding): [string, Attack, number] => [`a coding of ${coding}`, post([`Transfer-Encoding: ${coding}`], whole), 400],
  ),
  ['two Host lines', { lines: ['Host: 127.0.0.1'] }, 400],
  ['two Host lines, the second a cluster', { lines: ['Host: dev.k8s.test'] }, 400],
  ['no Host line', { host: undefined }, 400],
  ['an empty Host line', { host: '' }, 400],
  ['HTTP/1.0', { version: 'HTTP/1.0' }, 400],
  ['HTTP/1.0 with keep-alive', { version: 'HTTP/1.0', lines: ['Connection: keep-alive'] }, 400],
  ['HTTP/0.9', { version: 'HTTP/0.9' }, 400],
  ['HTTP/2.0', { version: 'HTTP/2.0' }, 400],
  ['an expectation of something else', post(['Expect: 200-ok', 'Content-Length: 5']), 400],
  ['two expectations', post(['Expect: 100-continue, 200-ok', 'Content-Length: 5']), 400],
  ['an empty expectation', post(['Expect: ', 'Content-Length: 5']), 400],
  ['a length of sixteen digits', post(['Content-Length: 1234567890123456']), 400],
];
const badChunks = [
  '5 \r\nhello\r\n0\r\n\r\n',
  '5 ;a\r\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '+5\r\nhello\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  'g\r\nhello\r\n0\r\n\r\n',
  '5;a\nb\r\nhello\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFFF\r\nhello',
  '5\r\nhelloX0\r\n\r\n',
  '\r\n5\r\nhello\r\n0\r\n\r\n',
];

const second = () => bytesOf({ method: 'DELETE', target: `${pods}/web` });

/** Nothing is executed after a refusal that ends its connection. After another, each request stands for itself. */
function attackPipelines(): void {
  describe('A18: a request behind', () => {
    it.each(refused.filter(([, , code]) => code === 400))('one with %s is not executed', async (_what, attack) => {
      const arrived = watchUpstreams();
      const reply = await send(bytesOf(attack) + second());
      expect(reply.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
      expect(reply.closed).toBe(true);
      expect(arrived()).toBe('');
    });

    it('one with an identity header is authorized by itself, with its own credential', async () => {
      const arrived = watchUpstreams();
      const { gateway } = attackFixture();
      const both = bytesOf({ lines: ['Impersonate-User: root'] }) + bytesOf({ authorization: undefined });
      const { text } = await rawExchange(gateway.url, gateway.caPem, both, { done: /\}\s*HTTP\/1\.1 [\s\S]*\}\s*$/ });
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 401']);
      expect(arrived()).toBe('');
    });

    it('one whose body the client held back is not confused with that body', async () => {
      const arrived = watchUpstreams();
      const reply = await send(
        bytesOf(post(['Expect: 100-continue', 'Impersonate-User: root', `Content-Length: ${second().length}`], '')),
      );
      expect(reply.text).toMatch(/^HTTP\/1\.1 403/);
      expect(reply.closed).toBe(true);
      expect(arrived()).toBe('');
    });

    it('a refused target is authorized separately, with its own credential', async () => {
      const reply = await send(bytesOf({ target: `${pods}/..` }) + bytesOf({ authorization: undefined }), 500);
      expect(reply.text.match(/HTTP\/1\.1 \d+/g)?.[0]).toBe('HTTP/1.1 400');
    });

    it('garbage ends the connection, and the response of the garbage is not that of the request', async () => {
      const reply = await send(`${bytesOf(post(['Content-Length: 2'], '{}'))}GARBAGE\r\n\r\n`);
      expect(reply.text).not.toMatch(/^HTTP\/1\.1 400/);
      expect(reply.closed).toBe(true);
    });
  });
}

function attackPool(): void {
  describe('A18: the connections to the cluster', () => {
    it('carry a body that looks like a request as a body', async () => {
      const smuggled = 'GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\nImpersonate-User: root\r\n\r\n';
      for (const attack of [
        post([`Content-Length: ${smuggled.length}`], smuggled),
        { method: 'GET', lines: [`Content-Length: ${smuggled.length}`], body: smuggled },
        { method: 'DELETE', lines: [`Content-Length: ${smuggled.length}`], body: smuggled },
        chunked(`${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`),
        {
          method: 'GET',
          lines: ['Transfer-Encoding: chunked'],
          body: `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
        },
      ]) {
        const { request } = await expectAccepted(attack);
        expectAlice(request);
        await eventually('the body', () => request.body().length === smuggled.length);
        expect(request.body().toString()).toBe(smuggled);
      }
      for (const request of attackFixture().dev.requests) expect(request.url).not.toBe('/api/v1/secrets');
    });

    it('carry the body of a HEAD too, and stay in sync', async () => {
      await expectAccepted({ method: 'HEAD', lines: ['Content-Length: 5'], body: 'hello' });
      const { request } = await expectAccepted({});
      expect(request.method).toBe('GET');
    });

    it('end with a truncated body, so that no later request is read as the rest of it', async () => {
      const { dev, gateway } = attackFixture();
      const from = dev.requests.length;
      const socket = await dialRaw(gateway.url, gateway.caPem);
      socket.write(Buffer.from(bytesOf(post(['Content-Length: 500'], 'half')), 'latin1'));
      const request = await eventually('the head upstream', () => dev.requests[from]);
      socket.destroy();
      await eventually('the end upstream', () => request.connection.closed);
      await expectAccepted({});
      expect(request.connection.requests.at(-1)).toBe(request);
    });
  });
}

export function attackFraming(): void {
  describe('A18: a request with', () => {
    it.each(noHttp)('%s is not HTTP', async (_what, attack) => {
      await expectUnparsable(attack);
    });
    it.each(refused)('%s is refused, and the connection ends', async (_what, attack, code) => {
      const { reply } = await expectRefused(attack, code);
      expect(reply.closed).toBe(true);
    });

    it.each(badChunks.map((body) => [JSON.stringify(body.slice(0, 24)), body]))(
      'a chunk that begins %s is refused, and the connection ends',
      async (_what, body) => {
        const before = await metric('sallyport_proxy_unparsable_total');
        const arrived = watchUpstreams();
        const reply = await send(bytesOf(chunked(body)));
        expect(reply.text).toMatch(/^HTTP\/1\.1 400/);
        expect(reply.closed).toBe(true);
        expect(await metric('sallyport_proxy_unparsable_total')).toBe(before + 1);
        expect(arrived()).toBe('');
      },
    );

    it('a chunk whose extension is longer than a TLS record is refused, and no body ends upstream', async () => {
      const { dev } = attackFixture();
      const from = dev.requests.length;
      const reply = await send(bytesOf(chunked(`5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`)));
      expect(reply.text).toMatch(/^HTTP\/1\.1 400/);
      expect(reply.closed).toBe(true);
      // The head may arrive so long before the rest that it has been forwarded. Then the connection upstream ends too.
      for (const request of dev.requests.slice(from)) {
        await eventually('the end upstream', () => request.connection.closed);
        expect(request.body()).toHaveLength(0);
        expect(request.connection.bytes().toString('latin1')).not.toMatch(/\r\n0\r\n\r\n$/);
      }
    });

    it('spaces around chunked is chunked', async () => {
      const { request } = await expectAccepted(post(['Transfer-Encoding:  Chunked  '], whole));
      await eventually('the body', () => request.body().length === 5);
      // A complete body may be forwarded with its length instead. It is one of the two, never both.
      expect([...request.header('transfer-encoding'), ...request.header('content-length')]).toHaveLength(1);
    });
    it('leading zeros in its length has that length', async () => {
      const { request } = await expectAccepted(post(['Content-Length: 005']));
      expect(request.header('content-length')).toEqual(['5']);
    });
  });
  attackPipelines();
  attackPool();
}
