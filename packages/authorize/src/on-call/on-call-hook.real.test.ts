import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { until } from '@sallyport/kit/testing';
import { createLoggerRig } from '../testing/authorize-rig.ts';
import { fetchOnCallList, followOnCallHook } from './on-call-hook.ts';
import { createOnCallList } from './on-call-list.ts';

let server: Server;
let url: string;
let answer: RequestListener;
let asked: { url: string; headers: IncomingHttpHeaders }[];
let outbound: ReturnType<typeof createOutboundFetch>;
const never = new AbortController().signal;
beforeEach(async () => {
  asked = [];
  outbound = createOutboundFetch({});
  server = createServer((request, response) => {
    asked.push({ url: request.url!, headers: request.headers });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/primary?key=secret`;
});
afterEach(async () => {
  await outbound.close();
  server.closeAllConnections();
  server.close();
});

const send =
  (body: string, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const fetchList = (timeoutMs = 1000) =>
  fetchOnCallList(outbound.fetch, { url, authorization: 'Bearer secret' }, { signal: never, timeoutMs }).then(
    (users) => users,
    (error: Error) => error.message,
  );

describe('a server with an on-call list', () => {
  it('is asked with the credential, and answers with users', async () => {
    answer = send('{"users": ["alice@example.com", {"user": "bob", "until": "1970-01-01T00:00:01Z"}], "more": 1}');
    expect(await fetchList()).toEqual([{ user: 'alice@example.com' }, { user: 'bob', until: 1000 }]);
    expect(asked).toMatchObject([
      { url: '/primary?key=secret', headers: { accept: 'application/json', authorization: 'Bearer secret' } },
    ]);
  });

  it.each<[string, RequestListener, string]>([
    ['fails', send('secret', 503), 'it answered 503'],
    ['refuses', send('secret', 401), 'it answered 401'],
    ['has nothing', send('', 204), 'it answered 204'],
    ['redirects', send('', 302, { location: '/secret' }), 'it answered 302, a redirect, which is not followed'],
    ['answers garbage', send('<html>secret'), 'its answer is not JSON'],
    ['answers with nothing', send(''), 'its answer is not JSON'],
    ['answers with another form', send('["secret"]'), 'its answer is no list: the list: must be a mapping'],
    ['answers without users', send('{"people": []}'), 'its answer is no list: users: is missing'],
    ['answers with a bad time', send('{"users":[{"user":"secret","until":"secret"}]}'), 'users.0.until: is not a time'],
    ['answers too much', send(`{"users":["${'secret'.repeat(200_000)}"]}`), 'its response is too large'],
    ['is slow', () => undefined, 'it did not answer within 0.3 s'],
    [
      'is slow in the middle of its answer',
      (_request, response) => void response.writeHead(200).write('{"users": ["secret"'),
      'it did not answer within 0.3 s',
    ],
    ['breaks off', (_request, response) => void response.destroy(), 'it cannot be reached'],
    [
      'breaks off in the middle of its answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"users": []}');
        setTimeout(() => response.destroy(), 20);
      },
      'it cannot be reached',
    ],
  ])('that %s gives no list, and a reason without anything secret', async (_what, behavior, reason) => {
    answer = behavior;
    const result = await fetchList(reason.includes('within 0.3 s') ? 300 : 20_000);
    expect(result).toContain(reason);
    expect(result).not.toMatch(/secret|127\.0\.0\.1/);
    expect(asked).toHaveLength(1);
  });

  it('that is not there gives no list', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await fetchList()).toBe('it cannot be reached (ECONNREFUSED)');
  });
});

describe('a list that follows a server', () => {
  it('is asked again and again, counts while the server is away, expires, and comes back', async () => {
    const { logger, lines } = createLoggerRig();
    let time = 1_750_000_000_000;
    const now = () => time;
    const list = createOnCallList('primary', { onUpdate: () => undefined, logger, now });
    answer = send('{"users": ["alice"]}');
    const hook = { url, authorization: 'Bearer secret', refresh: 50, maxStale: 400 };
    const follower = followOnCallHook(hook, list, { fetch: outbound.fetch, now, timeoutMs: 2000 });
    try {
      await follower.first;
      expect(list.input()!.users).toEqual([{ user: 'alice' }]);
      answer = send('{"users": ["bob"]}');
      await until(() => list.input()!.users[0]!.user === 'bob');

      answer = send('secret', 500);
      await until(() => list.status().failing?.reason === 'it answered 500');
      expect(list.status()).toMatchObject({ known: true, users: 1 });
      time += hook.maxStale;
      expect(list.status().known).toBe(false);
      answer = () => undefined;
      await until(() => list.status().failing!.reason.includes('did not answer'));

      answer = send('{"users": ["bob", "carol"]}');
      await until(() => list.status().known);
      expect(list.status()).toEqual({ name: 'primary', known: true, users: 2, at: expect.any(Number) });
      expect(JSON.stringify(lines)).not.toContain('secret');
    } finally {
      await follower.close();
      list.close();
    }
    const { length } = asked;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked).toHaveLength(length);
  });

  it('starts though the server does not answer, and stops in the middle of a call', async () => {
    const { logger } = createLoggerRig();
    const list = createOnCallList('primary', { onUpdate: () => undefined, logger, now: Date.now });
    answer = () => undefined;
    const hook = { url, authorization: undefined, refresh: 50, maxStale: 400 };
    const follower = followOnCallHook(hook, list, { fetch: outbound.fetch, now: Date.now, timeoutMs: 100 });
    await follower.first;
    expect(list.status()).toMatchObject({
      known: false,
      failing: { reason: expect.stringContaining('did not answer') },
    });
    await until(() => asked.length > 1);
    await follower.close();
    list.close();
  });
});
