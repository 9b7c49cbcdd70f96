import { expect } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { eventually, type RecordedRequest } from '../harness/index.ts';
import { attackFixture } from './attack-fixture.ts';
import { sendRaw, type Reply } from './raw-reply.ts';
import { readMetric } from './read-metric.ts';

export type { Reply };

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
/**
 * Sends the bytes over TLS and reads the response. Without `quietMs`, a busy machine may take fifteen seconds to begin its
 * answer.
 */
export const send = (bytes: string, quietMs?: number): Promise<Reply> => sendRaw(attackFixture(), bytes, quietMs);

/** Returns how many bytes have reached the upstreams. */
export const reached = (): number =>
  [attackFixture().dev, attackFixture().prod]
    .flatMap(({ connections }) => connections)
    .reduce((sum, connection) => sum + connection.bytes().length, 0);

/** Returns a metric of the proxy by name and labels. */
export const metric = (name: string, labels = ''): Promise<number> =>
  readMetric(attackFixture().gateway, 'proxy', name, labels);

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
