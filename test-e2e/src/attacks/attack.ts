import { expect } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { dialRaw, eventually, httpRequestOnce, type RecordedRequest } from '../harness/index.ts';
import { attackFixture } from './attack-fixture.ts';

export type Attack = {
  method?: string;
  target?: string;
  version?: string;
  /** Header lines in addition to Host and Authorization. */
  lines?: readonly string[];
  body?: string;
  /** The value of the Host line. Undefined omits the line. */
  host?: string | undefined;
  /** The value of the Authorization line. Undefined omits the line. */
  authorization?: string | undefined;
};

export const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
export const exec = `${pods}/web/exec?command=ls&container=c`;
export const webSocket = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: v5.channel.k8s.io',
];
export const spdy = [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  'X-Stream-Protocol-Version: v4.channel.k8s.io',
  'Content-Length: 0',
];

/** Returns the bytes of a request, one character per byte. The defaults are those of a well-behaved client of alice. */
export function bytesOf(attack: Attack): string {
  const { method = 'GET', target = pods, version = 'HTTP/1.1', lines = [], body = '' } = attack;
  const host = 'host' in attack ? attack.host : '127.0.0.1';
  const authorization = 'authorization' in attack ? attack.authorization : `Bearer ${attackFixture().tokens.alice}`;
  return [
    `${method} ${target} ${version}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...lines,
    '',
    body,
  ].join('\r\n');
}

export type Status = { kind: string; code: number; message: string; reason: string };
export type Reply = {
  code: number;
  text: string;
  head: string;
  body: string;
  header(name: string): string[];
  closed: boolean;
  auditId: string | undefined;
};

const whole = /^HTTP\/1\.1 (?:101 [\s\S]*\r\n\r\n|(?!10[01])\d+[\s\S]*(?:\r\n\r\n\{[\s\S]*\}\s*|\r\n0\r\n\r\n))$/;

/** Returns the content of a chunked body. */
function unchunk(body: string): string {
  const [size = '', ...rest] = body.split('\r\n');
  const length = Number.parseInt(size, 16);
  const text = rest.join('\r\n');
  return length > 0 ? text.slice(0, length) + unchunk(text.slice(length + 2)) : '';
}

/**
 * Sends bytes and reads until the response is complete (and, if it announces that, the connection has ended), or until
 * nothing has arrived for `firstMs`, or for `quietMs` after the first bytes.
 */
async function exchange(
  bytes: string,
  { firstMs, quietMs }: { firstMs: number; quietMs: number },
): Promise<{ text: string; closed: boolean }> {
  const socket = await dialRaw(attackFixture().gateway.url, attackFixture().gateway.caPem);
  const isHead = bytes.startsWith('HEAD ');
  const chunks: Buffer[] = [];
  const text = () => Buffer.concat(chunks).toString('utf8');
  const closed = await new Promise<boolean>((resolve) => {
    const open = () => resolve(false);
    let timer = setTimeout(open, firstMs);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      // After the head of a response to HEAD, any further data would arrive at once.
      timer = setTimeout(open, isHead && text().includes('\r\n\r\n') ? Math.min(quietMs, 300) : quietMs);
      if (whole.test(text()) && !/\r\nconnection: close\r\n/i.test(text())) open();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        clearTimeout(timer);
        resolve(true);
      });
    }
    socket.write(Buffer.from(bytes, 'latin1'));
  });
  socket.destroy();
  return { text: text(), closed };
}

/**
 * Sends the bytes over TLS and reads the response. Without `quietMs`, a busy machine may take five seconds to begin its
 * answer.
 */
export async function send(bytes: string, quietMs?: number): Promise<Reply> {
  const { text, closed } = await exchange(bytes, { firstMs: quietMs ?? 5000, quietMs: quietMs ?? 1500 });
  attackFixture().answers.push(text);
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const header = (name: string) =>
    head
      .split('\r\n')
      .slice(1)
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(name.length + 1).trim());
  const body = rest.join('\r\n\r\n');
  return {
    code: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
    text,
    head,
    body: header('transfer-encoding')[0] === 'chunked' ? unchunk(body) : body,
    header,
    closed,
    auditId: header('audit-id')[0],
  };
}

/** Returns how many bytes have reached the upstreams. */
export const reached = (): number =>
  [attackFixture().dev, attackFixture().prod]
    .flatMap(({ connections }) => connections)
    .reduce((sum, connection) => sum + connection.bytes().length, 0);

/** Returns a metric of the proxy by name and labels. */
export async function metric(name: string, labels = ''): Promise<number> {
  const { text } = await httpRequestOnce(`http://127.0.0.1:${attackFixture().gateway.adminPorts['proxy']}/metrics`);
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}${labels} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}

export async function eventOf(auditID: string | undefined, stage = 'ResponseComplete'): Promise<AuditRecord> {
  expect(auditID).toBeDefined();
  const [event] = await attackFixture().gateway.audit.await({ auditID: auditID!, stage });
  return event!;
}

/** Expects a refusal: a Status with a message, an event with the same code, and no byte upstream. */
export async function expectRefused(
  attack: Attack | string,
  code: number,
  says: RegExp = /\w+ \w+ \w+/,
): Promise<{ reply: Reply; status: Status; event: AuditRecord }> {
  const before = reached();
  const reply = await send(typeof attack === 'string' ? attack : bytesOf(attack));
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  const status =
    (attack as Attack).method === 'HEAD'
      ? { kind: 'Status', code, message: 'a head has no words', reason: '' }
      : (JSON.parse(reply.body) as Status);
  expect(status).toMatchObject({ kind: 'Status', code });
  if ((attack as Attack).method !== 'HEAD') expect(status.message).toMatch(says);
  const event = await eventOf(reply.auditId);
  expect(event.data.responseStatus?.code).toBe(code);
  expect(reached()).toBe(before);
  return { reply, status, event };
}

/**
 * Expects bytes to be refused as not HTTP: 400 (or the given code), the end of the connection, the metric, an event
 * without any of the bytes, and nothing upstream.
 */
export async function expectUnparsable(attack: Attack | string, code = 400): Promise<void> {
  const before = {
    reached: reached(),
    metric: await metric('sallyport_proxy_unparsable_total'),
    events: attackFixture().gateway.events({ type: 'request.unparsable' }).length,
  };
  const reply = await send(typeof attack === 'string' ? attack : bytesOf(attack));
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  expect(reply.closed).toBe(true);
  expect(await metric('sallyport_proxy_unparsable_total')).toBeGreaterThan(before.metric);
  const events = await attackFixture().gateway.audit.await({ type: 'request.unparsable' }, before.events + 1);
  expect(events.at(-1)!.data).toMatchObject({ requestURI: '', verb: '', user: {} });
  expect(reached()).toBe(before.reached);
}

/** Expects a request to be accepted, and returns what the upstream received. */
export async function expectAccepted(attack: Attack, code = 200): Promise<{ reply: Reply; request: RecordedRequest }> {
  const { dev } = attackFixture();
  const before = dev.requests.length;
  const reply = await send(bytesOf(attack));
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  const request = await eventually('a request upstream', () => dev.requests[before]);
  expect(dev.requests).toHaveLength(before + 1);
  return { reply, request };
}

/** Expects the identity that the upstream received to be alice. */
export function expectAlice(request: RecordedRequest): void {
  expect(request.header('impersonate-user')).toEqual(['alice@example.com']);
  expect(request.header('impersonate-group')).toEqual(['developers']);
  expect(request.header('authorization')).toHaveLength(1);
  const identity = request.rawHeaders
    .filter((_value, index) => index % 2 === 0)
    .map((name) => name.toLowerCase())
    .filter((name) => /imperson|remote|sallyport|forward/.test(name));
  expect(identity.toSorted()).toEqual([
    'impersonate-extra-sallyport.dev%2fsession',
    'impersonate-group',
    'impersonate-uid',
    'impersonate-user',
  ]);
}

/** Asks the real API server for the identity of the caller. */
export async function whoAmI(
  lines: readonly string[] = [],
  token = attackFixture().tokens.alice,
): Promise<{ username: string; groups: string[]; extra?: Record<string, string[]> }> {
  const body = '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}';
  const reply = await send(
    bytesOf({
      method: 'POST',
      target: '/clusters/real/apis/authentication.k8s.io/v1/selfsubjectreviews',
      authorization: `Bearer ${token}`,
      lines: ['Content-Type: application/json', `Content-Length: ${body.length}`, ...lines],
      body,
    }),
    5000,
  );
  expect(reply.code).toBe(201);
  return (JSON.parse(reply.body) as { status: { userInfo: { username: string; groups: string[] } } }).status.userInfo;
}
