import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type Login } from '../../harness/index.ts';
import { bytesOf, eventOf, expectAccepted, expectRefused, metric, pods, type Attack } from '../fixtures/attack.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { limits, attackFixture } from '../fixtures/attack-fixture.ts';

type Shape = Attack & {
  answer(request: IncomingMessage, response: ServerResponse): void;
  begun?: string;
  reads?: boolean;
};

const drip = (length?: number) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, {
    'content-type': 'text/plain',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
  });
  const timer = setInterval(() => response.write('x'), 50);
  response.on('error', () => {}).on('close', () => clearInterval(timer));
};
const flood = (_request: IncomingMessage, response: ServerResponse) =>
  void response.on('error', () => {}).end(Buffer.alloc(64 * 1024 * 1024, 120));
const swallow = (request: IncomingMessage) => void request.on('error', () => {}).resume();
const never = (request: IncomingMessage) => void request.on('error', () => {});

const answered: [string, Shape][] = [
  ['a plain GET of an aggregated API', { answer: drip(), target: '/clusters/dev/apis/metrics.example.com/v1/endless' }],
  ['a GET with an announced length', { answer: drip(1_000_000), target: pods }],
  ['a path that is not a resource', { answer: drip(), target: '/clusters/dev/version' }],
  [
    'a pod behind services/proxy',
    { answer: drip(), target: '/clusters/dev/api/v1/namespaces/dev/services/web/proxy/download' },
  ],
  ['logs that are not followed, to a slow reader', { answer: flood, target: `${pods}/web/log`, reads: false }],
  ['a large list to a slow reader', { answer: flood, target: pods, reads: false }],
  [
    'a write with an endless response',
    { answer: drip(), method: 'POST', target: pods, lines: ['Content-Length: 2'], body: '{}' },
  ],
  [
    'a write with a response before its body ends',
    { answer: drip(), method: 'POST', target: pods, lines: ['Transfer-Encoding: chunked'], body: '2\r\n{}\r\n' },
  ],
];
const unanswered: [string, Shape][] = [
  [
    'a write with an endless body (with a length)',
    { answer: swallow, method: 'POST', target: pods, lines: ['Content-Length: 100000'], body: 'begun' },
  ],
  [
    'a write with an endless body (in chunks)',
    {
      answer: swallow,
      method: 'PUT',
      target: `${pods}/web`,
      lines: ['Transfer-Encoding: chunked'],
      body: '5\r\nbegun\r\n',
    },
  ],
  ['a write without a response', { answer: never, method: 'DELETE', target: `${pods}/web` }],
  ['a read without a response', { answer: never, target: `${pods}/web` }],
];
const longMs = 2000;
/** The promised time is one second. A busy machine gets ten. */
const inTimeMs = 10_000;
const wait = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

const open: RawStream[] = [];
const revoke = async ({ sessionId }: Login) =>
  attackFixture().gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
    method: 'DELETE',
    token: attackFixture().tokens.alice,
  });
const listed = async ({ token, sessionId }: Login, more = '') => {
  const { text } = await attackFixture().gateway.request(`/.sallyport/api/v1/streams?session=${sessionId}${more}`, {
    token,
  });
  return (JSON.parse(text) as { streams: { kind: string; reason?: string; path: string }[] }).streams;
};

/** Begins an exchange, and returns its connection to the cluster. */
async function begin({ answer, reads = true, ...attack }: Shape, { token, sessionId }: Login) {
  const { dev } = attackFixture();
  dev.answer(answer);
  const stream = await openRaw(bytesOf({ ...attack, authorization: `Bearer ${token}` }));
  open.push(stream);
  if (!reads) stream.socket.pause();
  const request = await eventually('it to be at the cluster', () =>
    dev.requests.find((one) => one.header('impersonate-extra-sallyport.dev%2fsession').includes(sessionId)),
  );
  return { stream, connection: request.connection };
}

type Begun = { login: Login } & Awaited<ReturnType<typeof begin>>;
/** What came of an exchange: how it was listed, and how long its end upstream took after that of its session. */
type Ended = Begun & { streams: Awaited<ReturnType<typeof listed>>; status: number; ms: number };
const ended = new Map<Shape, Ended>();

/** Ends the session of an exchange, and waits for the end upstream. */
async function endSession({ login, stream, connection }: Begun): Promise<Omit<Ended, 'streams'>> {
  const revokedAt = Date.now();
  const { status } = await revoke(login);
  await eventually('the end upstream', () => connection.closed);
  stream.socket.resume();
  return { login, stream, connection, status, ms: Date.now() - revokedAt };
}

/**
 * Begins each exchange with a session of its own, keeps all of them open for more than two seconds, and ends their
 * sessions. One without a response would end by itself later.
 */
async function beginAndEndAll(): Promise<void> {
  const begun: [Shape, Begun][] = [];
  const streams = new Map<Shape, Ended['streams']>();
  for (const [, shape] of [...answered, ...unanswered]) {
    const login = await attackFixture().gateway.login('alice@example.com');
    begun.push([shape, { login, ...(await begin(shape, login)) }]);
  }
  await wait(longMs + 100);
  // A person may ask for two lists at a time.
  for (const [shape, { login }] of begun) streams.set(shape, await listed(login));
  const endOne = async ([shape, one]: [Shape, Begun]) =>
    void ended.set(shape, { streams: streams.get(shape)!, ...(await endSession(one)) });
  await Promise.all(begun.map(endOne));
}

/** Expects an exchange to have been listed, and to have ended with its session. */
async function expectEnded(shape: Shape, kind: string): Promise<{ stream: RawStream; auditId: string }> {
  const { login, stream, streams, status, ms } = ended.get(shape)!;
  expect(streams).toMatchObject([{ kind }]);
  expect(status).toBe(204);
  expect(ms).toBeLessThan(inTimeMs);
  const [cut] = await attackFixture().gateway.audit.await(
    (record) => record.type === 'stream.cut' && record.data.sallyport.sessionId === login.sessionId,
  );
  expect(cut!.data.sallyport.stream).toMatchObject({ kind, reason: 'session-ended' });
  return { stream, auditId: cut!.data.auditID };
}

function attackSessions(): void {
  beforeAll(beginAndEndAll);

  it.each(answered)(
    '(%s) is listed, ends within a second of its session, and does not look complete',
    async (_what, shape) => {
      const { stream, auditId } = await expectEnded(shape, shape.target!.includes('/proxy/') ? 'proxy' : 'request');
      await eventually('the end', () => stream.endedAt !== undefined, inTimeMs);
      expect(stream.text().slice(0, 20)).toMatch(/^HTTP\/1\.1 200 /);
      expect(stream.text().slice(-10)).not.toMatch(/\r\n0\r\n\r\n$/);
      expect((await eventOf(auditId)).data).toMatchObject({
        responseStatus: { code: 200 },
        sallyport: { stream: { reason: 'session-ended' } },
      });
    },
  );

  it.each(unanswered)('(%s) is listed, and refused within a second of the end of its session', async (_what, shape) => {
    const { stream, auditId } = await expectEnded(shape, 'request');
    await eventually('the refusal', () => stream.text().startsWith('HTTP/1.1 401 '), inTimeMs);
    expect((await eventOf(auditId)).data).toMatchObject({
      responseStatus: { code: 401 },
      sallyport: { stream: { kind: 'request', reason: 'session-ended' } },
    });
  });

  it('whose session ended within its first two seconds ends too, and the list of ended ones states why', async () => {
    const login = await attackFixture().gateway.login('alice@example.com');
    const { stream } = await begin({ answer: drip(), target: pods }, login);
    await eventually('an answer', () => stream.text().includes('200'));
    expect((await revoke(login)).status).toBe(204);
    await eventually('the end', () => stream.endedAt !== undefined, inTimeMs);
    expect(await listed({ ...login, token: attackFixture().tokens.bob }, '&ended=true&all=true')).toMatchObject([
      { kind: 'request', reason: 'session-ended' },
    ]);
  });
}

function attackNumbers(): void {
  it('beyond the limit of its person is refused before anything is sent upstream, whichever session it uses, while streams and others continue', async () => {
    const { gateway, tokens } = attackFixture();
    const second = (await gateway.login('alice@example.com')).token;
    attackFixture().dev.answer(drip());
    const before = await metric('sallyport_proxy_streams_refused_total', '{limit="requests"}');
    const from = attackFixture().dev.requests.length;
    for (let count = 0; count < limits.inFlightPerUser; count += 1)
      open.push(await openRaw(bytesOf({ authorization: `Bearer ${count % 2 === 0 ? tokens.alice : second}` })));
    await eventually(
      'all to be in progress',
      () => attackFixture().dev.requests.length === from + limits.inFlightPerUser,
    );
    for (const [attack, token] of [
      [{}, tokens.alice],
      [{ method: 'DELETE', target: `${pods}/web` }, second],
      [{ target: '/clusters/noshell/version' }, tokens.alice],
    ] as const) {
      const { reply } = await expectRefused(
        { ...attack, authorization: `Bearer ${token}` },
        429,
        new RegExp(`You have ${limits.inFlightPerUser} requests`),
      );
      expect(reply.header('retry-after')).toEqual(['1']);
    }
    expect(await metric('sallyport_proxy_streams_refused_total', '{limit="requests"}')).toBe(before + 3);
    const watch = await openRaw(bytesOf({ target: `${pods}?watch=true` }));
    open.push(watch);
    await eventually('a stream', () => watch.text().includes('200'));
    const other = await openRaw(bytesOf({ authorization: `Bearer ${tokens.eve}` }));
    open.push(other);
    await eventually('somebody else', () => other.text().includes('200'));
    for (const { socket } of open.splice(0)) socket.destroy();
    await eventually('none to be in progress', async () => (await metric('sallyport_proxy_open_requests')) < 5);
    attackFixture().dev.answer(undefined);
    await expectAccepted({});
  });
}

export function attackEndlessExchanges(): void {
  describe('S27: an endless plain exchange', () => {
    afterAll(() => {
      for (const { socket } of open.splice(0)) socket.destroy();
    });
    attackSessions();
    attackNumbers();
  });
}
