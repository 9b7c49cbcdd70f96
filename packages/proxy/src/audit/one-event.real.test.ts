import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const request = (target: string, ...lines: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', ''].join('\r\n');

let rig: Rig;
/** What the cluster answers, by the test. */
let answer: (response: ServerResponse) => void;
/** The waits for the spool, to settle by the test. Undefined: everything is written already. */
let waits: { ticket: unknown; resolve(): void; reject(error: unknown): void }[] | undefined;
/** What the client had when each event was recorded. */
let before: string[];
let client: { text: string; ended: boolean; socket: Socket };

const endOf = ({ data }: AuditRecord) => ({
  stage: data.stage,
  code: data.responseStatus?.code,
  bytes: data.sallyport.bytesOut,
});
const stages = () => rig.events.map(({ data }) => data.stage);

async function start(written?: Parameters<typeof createRig>[3]) {
  rig = await createRig((_incoming, response) => answer(response), {}, { firstByte: '1s' }, written);
  const own = { text: '', ended: false, socket: rig.dial() };
  client = own;
  own.socket.on('error', () => {});
  own.socket.on('data', (chunk) => (own.text += chunk.toString()));
  for (const event of ['close', 'end']) own.socket.on(event, () => (own.ended = true));
  // The first read of a cluster has both events, because no ID is reserved yet.
  answer = (response) => void response.end('first');
  client.socket.write(request(pods));
  await until(() => client.text.endsWith('first'));
  await until(() => rig.events.length === 2 && rig.reservations.length === 1);
  expect(stages()).toEqual(['RequestReceived', 'ResponseComplete']);
  rig.events.length = 0;
  client.text = '';
  before = [];
  const push = rig.events.push.bind(rig.events);
  rig.events.push = (...events) => {
    before.push(client.text);
    return push(...events);
  };
}

beforeEach(() => {
  waits = undefined;
});
afterEach(() => rig.close());

describe('a plain read', () => {
  beforeEach(() => start());

  it('leaves one event, which is there before the first byte of the answer, and has all of it', async () => {
    answer = (response) => void response.writeHead(404, { 'content-length': 6 }).end('absent');
    client.socket.write(request(pods));
    await until(() => client.text.endsWith('absent'));
    client.text = '';
    answer = (response) => {
      response.write('chunk one, ');
      setImmediate(() => response.end('chunk two'));
    };
    client.socket.write(request(pods));
    await until(() => client.text.includes('0\r\n\r\n'));
    expect(rig.events.map(endOf)).toEqual([
      { stage: 'ResponseComplete', code: 404, bytes: 6 },
      { stage: 'ResponseComplete', code: 200, bytes: 20 },
    ]);
    expect(before).toEqual(['', '']);
    expect(client.text).toMatch(/^HTTP\/1\.1 200 [^]*chunk one, [^]*chunk two/);
  });

  it('has an ID that was reserved, and that the cluster and the client are told', async () => {
    answer = (response) => void response.setHeader('audit-id', rig.seen.at(-1)!.headers['audit-id']!).end('{}');
    client.socket.write(request(pods));
    await until(() => client.text.endsWith('{}'));
    const { auditID } = rig.events[0]!.data;
    expect(rig.seen.at(-1)!.headers['audit-id']).toBe(auditID);
    expect(client.text).toContain(auditID);
    expect(auditID.endsWith(rig.reservations[0]!.data.sallyport.reservation!.suffix)).toBe(true);
  });

  it('whose answer is long has both events, the first of them before the first byte', async () => {
    const long = 'x'.repeat(200_000);
    answer = (response) => void response.end(long);
    client.socket.write(request(pods));
    await until(() => client.text.length > long.length);
    await until(() => rig.events.length === 2);
    expect(rig.events.map(endOf)).toEqual([
      { stage: 'RequestReceived' },
      { stage: 'ResponseComplete', code: 200, bytes: 200_000 },
    ]);
    expect(before[0]).toBe('');
  });

  it('whose answer does not end soon has both events, and what is there is passed on', async () => {
    let rest: (() => void) | undefined;
    answer = (response) => {
      response.write('begun');
      rest = () => void response.end('ended');
    };
    client.socket.write(request(pods));
    await until(() => rig.events.length === 1);
    expect([stages(), before]).toEqual([['RequestReceived'], ['']]);
    await until(() => client.text.includes('begun'));
    rest!();
    await until(() => rig.events.length === 2);
    expect(rig.events.map(endOf)[1]).toEqual({ stage: 'ResponseComplete', code: 200, bytes: 10 });
    expect(Date.parse(rig.events[0]!.data.stageTimestamp)).toBeLessThan(
      Date.parse(rig.events[0]!.data.requestReceivedTimestamp) + 1000,
    );
  });

  it('that the cluster does not answer leaves one event of its end that says so', async () => {
    answer = () => undefined;
    client.socket.write(request(pods, 'Connection: close'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 504 /);
    const ends = rig.events.map(endOf).filter(({ stage }) => stage === 'ResponseComplete');
    expect(ends).toMatchObject([{ code: 504 }]);
  });

  it.each([
    ['before its answer', (response: ServerResponse) => void response.socket!.resetAndDestroy()],
    [
      'in the middle of its answer',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('planted-part', () => setTimeout(() => response.socket!.resetAndDestroy(), 50));
      },
    ],
  ])('that the cluster resets %s leaves one event that says so, and the client gets a refusal', async (_when, does) => {
    answer = does;
    client.socket.write(request(pods, 'Connection: close'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(client.text).not.toContain('planted');
    expect(rig.events.map(endOf)).toMatchObject([{ stage: 'ResponseComplete', code: 502 }]);
  });

  it.each([
    ['before the cluster answers', () => undefined],
    ['while the answer is gathered', (response: ServerResponse) => void response.write('part')],
  ])('whose client goes away %s leaves one event that says so', async (_when, does) => {
    let arrived = false;
    answer = (response) => {
      does(response);
      arrived = true;
    };
    client.socket.write(request(pods));
    await until(() => arrived);
    client.socket.destroy();
    await until(() => rig.events.length > 0);
    expect(rig.events.map(endOf)).toMatchObject([{ stage: 'ResponseComplete', code: 499, bytes: 0 }]);
  });

  it('is followed by those behind it on the connection, in order', async () => {
    let n = 0;
    answer = (response) => void response.end(`answer-${(n += 1)}.`);
    client.socket.write(request(pods).repeat(5));
    await until(() => client.text.endsWith('answer-5.'));
    expect(client.text.match(/answer-\d/g)).toEqual([1, 2, 3, 4, 5].map((one) => `answer-${one}`));
    expect(stages()).toEqual(Array.from({ length: 5 }, () => 'ResponseComplete'));
    expect(new Set(rig.events.map(({ data }) => data.auditID)).size).toBe(5);
  });

  it('that is ended while it waits leaves its first event too, and what ended it', async () => {
    let arrived = false;
    answer = (response) => {
      response.write('planted');
      arrived = true;
    };
    client.socket.write(request(pods, 'Connection: close'));
    await until(() => arrived);
    rig.answer = () => ({
      decision: { effect: 'deny', rule: 'session', reasons: ['session-revoked'], policyVersion: 'v' },
    });
    rig.streams.onChange({ type: 'session-revoked', sessionId: 'ses_1' } as never);
    await until(() => client.ended);
    await until(() => rig.events.some(({ type }) => type === 'stream.closed'));
    expect(stages().filter((stage) => stage === 'RequestReceived')).toHaveLength(1);
    expect(
      rig.events.filter(({ type, data }) => type === 'k8s.request' && data.stage === 'ResponseComplete'),
    ).toHaveLength(1);
  });
});

it('with a spool, the first read of a cluster, which has no reserved ID, goes upstream when its event is written', async () => {
  const pending: { resolve(): void; reject(error: unknown): void }[] = [];
  rig = await createRig(
    (_incoming, response) => void response.end('planted'),
    {},
    {},
    () => new Promise((resolve, reject) => pending.push({ resolve, reject })),
  );
  const refused = rig.raw(request(pods, 'Connection: close'));
  await until(() => pending.length === 1);
  expect([stages(), rig.seen.length]).toEqual([['RequestReceived'], 0]);
  pending[0]!.reject(new ProblemError('audit-unavailable', 'The spool did not take the event in time.'));
  expect(await refused).toMatch(/^HTTP\/1\.1 503 /);
  expect(rig.seen).toHaveLength(0);
});

describe('with a spool, a plain read', () => {
  beforeEach(async () => {
    await start(
      (ticket) =>
        waits &&
        new Promise((resolve, reject) => {
          waits!.push({ ticket, resolve, reject });
        }),
    );
    waits = [];
    answer = (response) => void response.setHeader('x-planted', 'planted-head').end('planted-body');
  });

  it('is answered when its one event is in the file of the spool', async () => {
    client.socket.write(request(pods));
    await until(() => waits!.length === 1);
    expect(rig.events.map(endOf)).toEqual([{ stage: 'ResponseComplete', code: 200, bytes: 12 }]);
    expect(waits![0]!.ticket).toBe(rig.events.length);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.text).toBe('');
    waits![0]!.resolve();
    await until(() => client.text.endsWith('planted-body'));
    expect(rig.events).toHaveLength(1);
  });

  it('gets 503 and nothing of the answer if its event cannot be written in time', async () => {
    client.socket.write(request(pods, 'Connection: close'));
    await until(() => waits!.length === 1);
    waits![0]!.reject(new ProblemError('audit-unavailable', 'The spool did not take the event in time.'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.text).not.toContain('planted');
    expect(rig.events).toHaveLength(1);
  });

  it('gets 503 if its event is lost, and leaves that one instead', async () => {
    const { push } = rig.events;
    rig.events.push = () => undefined as never;
    client.socket.write(request(pods, 'Connection: close'));
    await until(() => waits!.length === 1);
    expect(waits![0]!.ticket).toBeUndefined();
    rig.events.push = push;
    waits![0]!.reject(new ProblemError('audit-unavailable', 'The event could not be recorded.'));
    await until(() => client.ended);
    expect(client.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.text).not.toContain('planted');
    expect(rig.events.map(endOf)).toMatchObject([{ stage: 'ResponseComplete', code: 503 }]);
  });

  it('is not answered to a client that goes away before the event is written', async () => {
    client.socket.write(request(pods));
    await until(() => waits!.length === 1);
    client.socket.destroy();
    await until(async () => (await rig.metrics()).includes('sallyport_proxy_open_requests 0'));
    waits![0]!.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(rig.events).toHaveLength(1);
  });
});
