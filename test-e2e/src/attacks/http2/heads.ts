import { describe, expect, it } from '@jest/globals';
import {
  codes,
  flags,
  types,
  writeData,
  writeFields,
  writeFrame,
  writeHead,
  type RawField,
} from '@sallyport/http2/testing';
import {
  askOnce,
  connectHttp2,
  expectServed,
  fieldsOf,
  http2Fixture,
  outcomeOf,
  pods,
  watchCluster,
  reachedRequest,
} from '../fixtures/http2-fixture.ts';

/** The fields of a request with one of them replaced, or left out. */
const replaced = (name: string, ...values: readonly string[]) =>
  fieldsOf().flatMap((field): RawField[] =>
    field[0] === name ? values.map((value): RawField => [name, value]) : [field],
  );
const more = (name: string, value: string) => fieldsOf({}, [name, value]);
const smuggled = 'GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\nImpersonate-User: root\r\n\r\n';

/** What HTTP/2 itself forbids. Node.js resets the stream before anything else sees it. */
const forbidden: [string, () => RawField[]][] = [
  ...[':method', ':scheme', ':path'].map((name): [string, () => RawField[]] => [`no ${name}`, () => replaced(name)]),
  ...[':method', ':scheme', ':path', ':authority'].map((name): [string, () => RawField[]] => [
    `${name} twice`,
    () => fieldsOf().flatMap((field) => (field[0] === name ? [field, field] : [field])),
  ]),
  ['a pseudo-header behind other fields', () => [...fieldsOf().filter(([name]) => name !== ':path'), [':path', pods]]],
  ['an unknown pseudo-header', () => [[':user', 'root'], ...fieldsOf()]],
  ['the pseudo-header of a response', () => [[':status', '200'], ...fieldsOf()]],
  ['an extended CONNECT', () => [[':protocol', 'websocket'], ...replaced(':method', 'CONNECT')]],
  ['no :authority and no host', () => replaced(':authority')],
  ['an empty :authority', () => replaced(':authority', '')],
  ['CONNECT with a :path', () => replaced(':method', 'CONNECT')],
  ['an empty :path', () => replaced(':path', '')],
  ['a :path in absolute form', () => replaced(':path', `https://evil.example${pods}`)],
  ['a :path with a blank', () => replaced(':path', `${pods} HTTP/1.1`)],
  ['a :path with CR LF', () => replaced(':path', `${pods} HTTP/1.1\r\nImpersonate-User: root\r\nX: `)],
  ['a :method with CR LF', () => replaced(':method', `GET ${pods} HTTP/1.1\r\nX: `)],
  ['a :method with a blank', () => replaced(':method', 'GET /')],
  ['an :authority with CR LF', () => replaced(':authority', '127.0.0.1\r\nImpersonate-User: root')],
  ['an :authority with a user', () => replaced(':authority', 'root@127.0.0.1')],
  ['an :authority with a path', () => replaced(':authority', '127.0.0.1/x')],
  ['a name in upper case', () => more('Impersonate-User', 'root')],
  ['connection', () => more('connection', 'impersonate-user')],
  ['connection: close', () => more('connection', 'close')],
  ['keep-alive', () => more('keep-alive', 'timeout=5')],
  ['proxy-connection', () => more('proxy-connection', 'close')],
  ['transfer-encoding', () => more('transfer-encoding', 'chunked')],
  ['upgrade', () => more('upgrade', 'websocket')],
  ['te: gzip', () => more('te', 'gzip')],
  ['two hosts', () => fieldsOf({}, ['host', '127.0.0.1'], ['host', '127.0.0.1'])],
  ['a length that is not a number', () => more('content-length', '+5')],
  ['two lengths', () => fieldsOf({}, ['content-length', '5'], ['content-length', '5'])],
  ['a length without a body', () => more('content-length', '5')],
];

/** What Node.js lets through, and the gateway does not. The code is what it answers. */
const refused: [string, () => RawField[], number][] = [
  ['another host than :authority', () => more('host', 'dev.k8s.test'), 400],
  ['a list of hosts', () => replaced(':authority', '127.0.0.1,dev.k8s.test'), 400],
  ['the scheme http', () => replaced(':scheme', 'http'), 400],
  ['an unknown scheme', () => replaced(':scheme', 'gopher'), 400],
  ['a method in lower case', () => replaced(':method', 'get'), 400],
  ['TRACE', () => replaced(':method', 'TRACE'), 405],
  ['CONNECT', () => fieldsOf({ method: 'CONNECT' }).filter(([name]) => name !== ':path' && name !== ':scheme'), 400],
  ['a :path of another host', () => replaced(':path', `//evil.example${pods}`), 400],
  ['a :path with a fragment', () => replaced(':path', `${pods}#x`), 400],
  ['a :path with a backslash', () => replaced(':path', `${pods}\\..`), 400],
  ['a :path with bytes above 0x7f', () => replaced(':path', `${pods}/\xc5\x81`), 400],
  ['a :path that climbs', () => replaced(':path', `${pods}/../secrets`), 400],
  ['two credentials', () => more('authorization', 'Bearer x'), 400],
  [
    'two credentials, the second the good one',
    () => [...replaced('authorization', 'Bearer x'), ['authorization', `Bearer ${http2Fixture().token}`]],
    400,
  ],
  ['an identity header', () => more('x-remote-user', 'root'), 403],
  ['an identity header in another spelling', () => more('impersonate_user', 'root'), 403],
  ['a right to act as another that it lacks', () => more('impersonate-user', 'root'), 403],
  [
    'more than 64 KiB before the settings are acknowledged',
    () => fieldsOf({}, ['x-a', 'x'.repeat(40_000)], ['x-b', 'x'.repeat(40_000)]),
    400,
  ],
  ['a value that begins with a blank', () => more('accept', ' text/html'), 400],
  ['a value that ends with a tab', () => more('accept', 'text/html\t'), 400],
];

/** Fields that nghttp2 leaves out before anything else sees them. The request goes on without them. */
const dropped: [string, RawField][] = [
  ['CR LF in a value', ['accept', 'x\r\nImpersonate-User: root']],
  ['LF in a value', ['accept', 'x\nImpersonate-User: root']],
  ['CR in a value', ['accept', 'x\rImpersonate-User: root']],
  ['NUL in a value', ['accept', 'x\0Impersonate-User: root']],
  ['a control character in a value', ['accept', 'x\x01']],
  ['CR LF in a name', ['x: y\r\nimpersonate-user', 'root']],
  ['a colon in a name', ['impersonate-user: root', 'x']],
  ['a blank in a name', ['impersonate-user ', 'root']],
  ['an empty name', ['', 'impersonate-user: root']],
];

async function expectNothingUpstream(fields: readonly RawField[], body?: string) {
  const arrived = watchCluster();
  const outcome = await askOnce(fields, body);
  expect(arrived()).toBe('');
  await expectServed();
  return outcome;
}

/** Expects what reached the cluster to be one request of alice. */
function expectOneOfAlice(): void {
  const { requests, connections } = http2Fixture().dev;
  expect(requests).toHaveLength(1);
  expect(requests[0]!.header('impersonate-user')).toEqual(['alice@example.com']);
  const bytes = Buffer.concat(connections.map((connection) => connection.bytes())).toString('latin1');
  expect(bytes.toLowerCase()).not.toMatch(/: root|user-agent: root/);
}

export function attackHeads(): void {
  describe('S97: a head with', () => {
    it.each(forbidden)('%s is reset, with nothing upstream', async (_what, fields) => {
      expect(await expectNothingUpstream(fields())).toMatchObject({ status: 0, reset: codes.protocolError });
    });

    it.each(refused)('%s is refused, with nothing upstream', async (_what, fields, code) => {
      expect(await expectNothingUpstream(fields())).toMatchObject({ status: code });
    });

    it.each(dropped)('%s reaches the cluster without that field', async (_what, field) => {
      expect(await askOnce(fieldsOf({}, field))).toMatchObject({ status: 200 });
      expectOneOfAlice();
    });

    it('its cookie in crumbs has the one cookie of the crumbs', async () => {
      const { token } = http2Fixture();
      const crumbs = ['a=1', `b=2`, 'c=3'].map((crumb): RawField => ['cookie', crumb]);
      expect(await askOnce(fieldsOf({}, ...crumbs))).toMatchObject({ status: 200 });
      expect((await reachedRequest()).header('cookie')).toEqual([]);
      expect(token).not.toBe('');
    });

    it('te: trailers is one that says nothing', async () => {
      expect(await askOnce(more('te', 'trailers'))).toMatchObject({ status: 200 });
      expect((await reachedRequest()).header('te')).toEqual([]);
    });
  });
}

export function attackBorder(): void {
  const post = (...fields: readonly RawField[]) => fieldsOf({ method: 'POST' }, ...fields);
  describe('S97: at the border to HTTP/1.1, a request with', () => {
    it.each([
      ['of 0', '0'],
      ['that is too short', '5'],
      ['that is too long', '500'],
    ])('a length %s, and a body that looks like a request, never arrives as two or as whole', async (_what, length) => {
      const outcome = await askOnce(post(['content-length', length]), smuggled);
      expect(outcome.status).not.toBe(200);
      await expectServed();
      for (const { url, header } of http2Fixture().dev.requests) {
        expect(url).not.toContain('secrets');
        expect(header('impersonate-user')).toEqual(['alice@example.com']);
      }
    });

    it('a body that looks like a request, and no length, arrives as a body', async () => {
      expect(await askOnce(post(), smuggled)).toMatchObject({ status: 200 });
      expectOneOfAlice();
      expect((await reachedRequest()).body().toString()).toBe(smuggled);
    });

    it('a body of a GET that looks like a request arrives as a body', async () => {
      expect(await askOnce(fieldsOf(), smuggled)).toMatchObject({ status: 200 });
      expectOneOfAlice();
      expect((await reachedRequest()).body().toString()).toBe(smuggled);
    });

    it('a body that looks like the end of chunks arrives as a body', async () => {
      const body = `0\r\n\r\n${smuggled}`;
      expect(await askOnce(post(), body)).toMatchObject({ status: 200 });
      expectOneOfAlice();
      expect((await reachedRequest()).body().toString()).toBe(body);
    });

    it.each([
      ['an identity', [['impersonate-user', 'root']]],
      [
        'a host and a length',
        [
          ['host', 'evil.example'],
          ['content-length', '0'],
        ],
      ],
      ['a pseudo-header', [[':path', '/api/v1/secrets']]],
      ['CR LF', [['x-a', 'b\r\n\r\nGET /api/v1/secrets HTTP/1.1']]],
    ] as [string, RawField[]][])('%s in its trailers brings nothing of it to the cluster', async (_what, trailers) => {
      const connection = await connectHttp2();
      connection.send(writeHead(1, post(), false), writeData(1, '{}', false));
      connection.send(writeFrame(types.headers, flags.endHeaders | flags.endStream, 1, writeFields(trailers)));
      await outcomeOf(connection, 1);
      await expectServed();
      const bytes = Buffer.concat(http2Fixture().dev.connections.map((one) => one.bytes())).toString('latin1');
      expect(bytes.toLowerCase()).not.toMatch(/root|evil|secrets|\r\n0\r\n[^\r]/);
    });
  });
}
