import { expect } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import { eventually, type RecordedRequest } from '../harness/index.ts';
import type { NaiveRequest } from './naive-web.ts';
import { sendRaw, type Reply } from './raw-reply.ts';
import { readMetric } from './read-metric.ts';
import { originOf, routeCookieName, webFixture, webHosts, type WebHost } from './web-fixture.ts';

export type WebAttack = {
  method?: string;
  target?: string;
  version?: string;
  /** The application. `rawHost` replaces the whole line. */
  host?: WebHost;
  rawHost?: string | undefined;
  /** Header lines in addition to Host, Cookie and Origin. */
  lines?: readonly string[];
  body?: string;
  /** The value of the cookie of the route. Undefined omits the line. */
  cookie?: string | undefined;
  /** The value of Origin, which is that of the application for everything but a GET. */
  origin?: string | undefined;
};

export const webSocketLines = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Version: 13',
];

/** Returns the bytes of a request. The defaults are those of a page of the application in the browser of alice. */
export function webBytes(attack: WebAttack): string {
  const { method = 'GET', target = '/page', version = 'HTTP/1.1', host = 'app', lines = [], body = '' } = attack;
  const writes = method !== 'GET' || lines.some((line) => /^upgrade:/i.test(line));
  const origin = 'origin' in attack ? attack.origin : writes ? originOf(host) : undefined;
  const cookie = 'cookie' in attack ? attack.cookie : webFixture().cookies.alice;
  const name = 'rawHost' in attack ? attack.rawHost : webHosts[host];
  return [
    `${method} ${target} ${version}`,
    ...(name === undefined ? [] : [`Host: ${name}`]),
    ...(cookie === undefined ? [] : [`Cookie: theme=dark; ${routeCookieName}=${cookie}`]),
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...lines,
    '',
    body,
  ].join('\r\n');
}

/** Sends bytes to the gateway and reads the response. */
export const sendWeb = (bytes: string, quietMs?: number): Promise<Reply> => sendRaw(webFixture(), bytes, quietMs);

/** Returns how many bytes have reached the applications and the cluster. */
export const reachedWeb = (): number =>
  [webFixture().app, webFixture().other, webFixture().cluster]
    .flatMap(({ connections }) => connections)
    .reduce((sum, connection) => sum + connection.bytes().length, 0);

/** Returns the last event of a request, by the audit ID in its response. */
export async function webEventOf(auditID: string | undefined, stage = 'ResponseComplete'): Promise<AuditRecord> {
  expect(auditID).toBeDefined();
  const [event] = await webFixture().gateway.audit.await({ type: 'http.request', auditID: auditID!, stage });
  return event!;
}

/** Says what the same bytes do behind a gateway without defenses. */
export type Effect = (seen: NaiveRequest[], foreignHosts: readonly string[]) => boolean;
export const arrives: Effect = (seen) => seen.length > 0;

/** Expects the bytes to have an effect behind a gateway without defenses, so that refusing them is worth something. */
export async function expectEffect(bytes: string, effect: Effect): Promise<void> {
  const { naive } = webFixture();
  const seen = await naive.tryOut(bytes);
  expect([seen, naive.foreignHosts, effect(seen, naive.foreignHosts)]).toEqual([
    expect.anything(),
    expect.anything(),
    true,
  ]);
}

/**
 * Expects a refusal: a problem with a message, and no byte at any application. Its event, which arrives later, is
 * expected by `expectEventsOfRefusals`.
 */
export async function expectWebRefused(
  attack: WebAttack,
  code: number,
  { says = /\w+ \w+ \w+/, effect }: { says?: RegExp; effect?: Effect } = {},
): Promise<{ reply: Reply }> {
  const before = reachedWeb();
  const bytes = webBytes(attack);
  const reply = await sendWeb(bytes);
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  expectWords(reply, code, says);
  expect(reachedWeb()).toBe(before);
  if (effect) await expectEffect(bytes, effect);
  expect(reply.auditId).toBeDefined();
  refusals.push({ auditId: reply.auditId!, code });
  return { reply };
}

/** Expects a problem with a message, or a page where the browser shows pages. */
function expectWords(reply: Reply, code: number, says: RegExp): void {
  if (reply.header('content-type')[0]?.startsWith('text/html')) {
    expect(reply.body).toMatch(/Error code: [a-z-]+/);
    return;
  }
  const problem = JSON.parse(reply.body) as { status: number; detail: string };
  expect(problem.status).toBe(code);
  expect(problem.detail).toMatch(says);
}

const refusals: { auditId: string; code: number }[] = [];

/** Expects the last event of every refusal so far to say the same code as the response, and who it was for. */
export async function expectEventsOfRefusals(): Promise<void> {
  expect(refusals.length).toBeGreaterThan(150);
  for (const { auditId, code } of refusals) {
    const { data } = await webEventOf(auditId);
    expect([auditId, data.responseStatus?.code, Boolean(data.sallyport.route)]).toEqual([auditId, code, true]);
  }
}

/** Expects bytes to be refused as not HTTP: the end of the connection, the metric, an event, and nothing upstream. */
export async function expectWebUnparsable(attack: WebAttack, code = 400, effect?: Effect): Promise<void> {
  const { gateway } = webFixture();
  const name = 'sallyport_proxy_unparsable_total';
  const before = {
    reached: reachedWeb(),
    metric: await readMetric(gateway, 'proxy', name),
    events: gateway.events({ type: 'request.unparsable' }).length,
  };
  const bytes = webBytes(attack);
  const reply = await sendWeb(bytes);
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  expect(reply.closed).toBe(true);
  expect(await readMetric(gateway, 'proxy', name)).toBeGreaterThan(before.metric);
  await gateway.audit.await({ type: 'request.unparsable' }, before.events + 1);
  expect(reachedWeb()).toBe(before.reached);
  if (effect) await expectEffect(bytes, effect);
}

/** Expects a request to be accepted, and returns what the application received. */
export async function expectWebAccepted(
  attack: WebAttack,
  code = 200,
): Promise<{ reply: Reply; request: RecordedRequest }> {
  const { requests } = attack.host === 'other' ? webFixture().other : webFixture().app;
  const before = requests.length;
  const reply = await sendWeb(webBytes(attack));
  expect(reply.text.slice(0, 300)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
  const request = await eventually('a request at the application', () => requests[before]);
  expect(requests).toHaveLength(before + 1);
  return { reply, request };
}

/** Returns the names of the headers that an application received, in lower case. */
export const namesOf = ({ rawHeaders }: RecordedRequest): string[] =>
  rawHeaders.filter((_one, index) => index % 2 === 0).map((name) => name.toLowerCase());
