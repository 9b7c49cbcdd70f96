import { createServer } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { ProblemError, readProblem } from '../problem/problem-error.ts';
import { listenHttp } from './listen-http.ts';
import { sendProblem } from './send-problem.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function sent(error: unknown) {
  const server = createServer((_request, response) => sendProblem(response, error));
  const listening = await listenHttp(server, { host: '127.0.0.1', port: 0 }, 'the test');
  closers.push(() => listening.close(0));
  const response = await fetch(`http://127.0.0.1:${listening.port}`);
  return { status: response.status, header: response.headers.get('retry-after'), body: await response.json() };
}

it('a problem says when to try again, in a header and over every hop between services', async () => {
  const { status, header, body } = await sent(
    new ProblemError('too-many-requests', 'Wait a little.', { retryAfterSeconds: 90 }),
  );
  expect([status, header]).toEqual([429, '90']);
  const next = await sent(readProblem(body));
  expect([next.status, next.header, next.body]).toEqual([429, '90', body]);
});

it('a problem without such a time has no header', async () => {
  const { header, body } = await sent(new ProblemError('conflict', 'No.'));
  expect([header, Object.keys(body as object)]).toEqual([null, ['type', 'code', 'status', 'title', 'detail']]);
});

it.each([-1, 0, 1.5, '9', null])('a time to wait of %j is not passed on', (retryAfterSeconds) => {
  expect(readProblem({ code: 'conflict', detail: 'x', retryAfterSeconds })?.retryAfterSeconds).toBeUndefined();
});
