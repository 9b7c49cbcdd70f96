import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allow, alice, createRig, gatewayToken, type Rig } from '../testing/gateway-rig.ts';

const get = (path: string, lines: string[] = [], token = 'Authorization: Bearer spt_x') =>
  `GET ${path} HTTP/1.1\r\nHost: gate\r\n${[token, ...lines, 'Connection: close'].filter(Boolean).join('\r\n')}\r\n\r\n`;
const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const statusOf = (answer: string) =>
  JSON.parse(answer.slice(answer.indexOf('{'))) as { code: number; reason: string; message: string };
const raw = (request: IncomingMessage, name: string) =>
  request.rawHeaders.flatMap((value, index) =>
    index % 2 === 0 && value.toLowerCase() === name ? [request.rawHeaders[index + 1]!] : [],
  );

let rig: Rig;
beforeEach(async () => {
  rig = await createRig((request, response) => {
    if (request.url === '/api/v1/hang') return;
    if (request.url === '/api/v1/busy') return void response.writeHead(503).end();
    if (request.url?.includes('/bad')) response.setHeader('x-note', ['a', 'b']);
    response.writeHead(200, [
      'content-type',
      'application/json',
      'set-cookie',
      'a=b',
      'access-control-allow-origin',
      '*',
      'warning',
      '1',
      'warning',
      '2',
    ]);
    response.end(request.method === 'HEAD' ? undefined : '{"ok":true}');
  });
});
afterEach(() => rig.close());

describe('a request that is allowed', () => {
  it("goes upstream as the user, with allow-listed headers and the gateway's own credential", async () => {
    const answer = await rig.raw(
      get(`${pods}?limit=5`, [
        'Accept: application/json',
        'X-Custom: 1',
        'Cookie: a=b',
        'Audit-ID: forged',
        'X-Forwarded-For: 6.6.6.6',
      ]),
    );
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    const [seen] = rig.seen;
    expect(seen!.url).toBe('/api/v1/namespaces/dev/pods?limit=5');
    expect(raw(seen!, 'authorization')).toEqual([`Bearer ${gatewayToken}`]);
    expect(raw(seen!, 'impersonate-user')).toEqual(['alice@example.com']);
    expect(raw(seen!, 'impersonate-group')).toEqual(['developers']);
    expect(raw(seen!, 'impersonate-extra-sallyport.dev%2fsession')).toEqual(['ses_1']);
    for (const name of ['x-custom', 'cookie', 'x-forwarded-for']) expect(raw(seen!, name)).toEqual([]);
    expect(raw(seen!, 'audit-id')).toEqual([rig.events[0]!.data.auditID]);
  });

  it('comes back without cookies and CORS grants, with repeated headers kept and scripts sandboxed', async () => {
    const answer = (await rig.raw(get(pods))).toLowerCase();
    expect(answer).not.toMatch(/set-cookie|access-control/);
    expect(answer.match(/warning: /g)).toHaveLength(2);
    expect(answer).toContain('content-security-policy: sandbox');
  });

  it('sends one line per group, never split, and names in UTF-8', async () => {
    rig.answer = () => allow({ ...alice, user: 'zoë', groups: ['cn=a,ou=b', '開発'] });
    await rig.raw(get(pods));
    const utf8 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
    expect(raw(rig.seen[0]!, 'impersonate-group').map(utf8)).toEqual(['cn=a,ou=b', '開発']);
    expect(raw(rig.seen[0]!, 'impersonate-user').map(utf8)).toEqual(['zoë']);
  });

  it('is authorized and sent as the very same bytes', async () => {
    await rig.raw(get('/clusters/dev/api/v1/namespaces/dev/pods/a%3Ab?x=%20'));
    expect(rig.seen[0]!.url).toBe('/api/v1/namespaces/dev/pods/a%3Ab?x=%20');
    expect(rig.checks[0]!.kubernetes).toMatchObject({ name: 'a:b', verb: 'get' });
  });

  it('reaches its cluster by host as well', async () => {
    await rig.raw(get('/api/v1/pods').replace('Host: gate', 'Host: dev.example.com:8443'));
    expect(rig.checks[0]!.target).toEqual({ kind: 'cluster', name: 'dev' });
    expect(rig.seen[0]!.url).toBe('/api/v1/pods');
  });

  it('is recorded as RequestReceived before and as ResponseComplete after', async () => {
    await rig.raw(get(pods));
    await until(() => rig.events.length === 2);
    expect(rig.events.map((event) => event.data.stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(rig.events[1]!.data).toMatchObject({
      verb: 'list',
      responseStatus: { code: 200 },
      user: { username: 'alice@example.com' },
      objectRef: { resource: 'pods', namespace: 'dev' },
    });
    expect(JSON.stringify(rig.events)).not.toContain(gatewayToken);
  });
});

describe('a request that is refused', () => {
  it.each([
    ['no credential', get(pods, [], ''), 401],
    ['an unknown cluster without credential', get('/clusters/none/api', [], ''), 401],
    ['an empty bearer', get(pods, [], 'Authorization: Bearer '), 401],
    ['Basic', get(pods, [], 'Authorization: Basic YTpi'), 401],
    ['two Authorization lines', get(pods, ['Authorization: Bearer y']), 400],
    ['Impersonate-User', get(pods, ['Impersonate-User: root']), 403],
    ['IMPERSONATE_GROUP', get(pods, ['IMPERSONATE_GROUP: system:masters']), 403],
    ['X-Remote-User', get(pods, ['X-Remote.User: root']), 403],
    ['Connection naming a header', get(pods).replace('Connection: close', 'Connection: close, Authorization'), 400],
    ['a dot segment', get('/clusters/dev/api/v1/%2e%2e/x'), 400],
    ['an encoded slash', get('/clusters/dev/api/v1/a%2fb'), 400],
    ['absolute form', get('http://evil/clusters/dev/api'), 400],
    ['HTTP/1.0', get(pods).replace('HTTP/1.1', 'HTTP/1.0'), 400],
    ['two hosts', get(pods, ['Host: other']), 400],
    ['identity, chunked', get(pods, ['Transfer-Encoding: identity, chunked']), 400],
    ['an unknown method', get(pods).replace('GET', 'PROPFIND'), 405],
    ['h2c', get(pods, ['Upgrade: h2c']).replace('close', 'Upgrade'), 400],
    ['exec without an upgrade', get(`${pods}/web/exec?command=ls`), 400],
    ['an upgrade of a list', get(pods, ['Upgrade: websocket']).replace('close', 'Upgrade'), 400],
  ])('with %s gets a readable answer and reaches no cluster', async (_what, bytes, code) => {
    const answer = await rig.raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${code}`);
    if (answer.includes('{')) expect(statusOf(answer)).toMatchObject({ kind: 'Status', code });
    expect(rig.seen).toHaveLength(0);
  });

  it('by policy gets the message of authorize in a Status, and leaves one event', async () => {
    rig.answer = () => ({
      ...allow(),
      decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v' },
      problem: { code: 'forbidden', detail: 'policy rule "default-deny" …' },
    });
    expect(statusOf(await rig.raw(get(pods)))).toMatchObject({
      reason: 'Forbidden',
      message: 'policy rule "default-deny" …',
    });
    await until(() => rig.events.length === 1);
    expect(rig.events[0]!.data).toMatchObject({
      stage: 'ResponseComplete',
      responseStatus: { code: 403 },
      sallyport: { decision: { rule: 'default-deny' } },
    });
    expect(rig.seen).toHaveLength(0);
  });

  it('by a rule with a name has the name in its event, next to the position', async () => {
    const shadow = [{ scope: 's', effect: 'allow' as const, rule: 's[0].allow.or', ruleName: 'tried-out' }];
    rig.answer = () => ({
      ...allow(),
      decision: {
        effect: 'deny',
        rule: 'cluster/dev[1].deny.and',
        ruleName: 'no-shells',
        reasons: [],
        policyVersion: 'v',
        shadow,
      },
      problem: { code: 'forbidden', detail: 'not you. Ask the team <b>.', ruleMessage: 'Ask the team <b>.' },
    });
    expect(statusOf(await rig.raw(get(pods)))).toMatchObject({ message: 'not you. Ask the team <b>.' });
    await until(() => rig.events.length === 1);
    expect(rig.events[0]!.data.sallyport.decision).toEqual({
      effect: 'deny',
      policyVersion: 'v',
      reasons: [],
      rule: 'cluster/dev[1].deny.and',
      ruleName: 'no-shells',
      shadow,
    });
    expect(await rig.metrics()).not.toContain('no-shells');
  });

  it('repeats no mark of direction and no invisible character, though a name has them', async () => {
    rig.answer = () => ({
      ...allow(),
      decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v' },
      problem: { code: 'forbidden', detail: 'does not allow pods "web\u202e\u200b\u2066"' },
    });
    const answer = await rig.raw(get('/clusters/dev/api/v1/namespaces/dev/pods/web%E2%80%AE%E2%80%8B%E2%81%A6'));
    expect(answer.replaceAll('\r\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(statusOf(answer)).toMatchObject({
      message: 'does not allow pods "web\\u{202e}\\u{200b}\\u{2066}"',
      details: { name: 'web\u202e\u200b\u2066' },
    });
  });

  it('is plain text where kubectl asks for discovery, because it would not read a Status there', async () => {
    rig.answer = () => ({
      ...allow(),
      decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v' },
      problem: { code: 'forbidden', detail: 'policy rule "default-deny" …' },
    });
    const aggregated = [
      'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    ];
    const answer = await rig.raw(get('/clusters/dev/apis', aggregated));
    expect(answer).toMatch(
      /^HTTP\/1\.1 403 [\s\S]*content-type: text\/plain[\s\S]*\r\n\r\npolicy rule "default-deny" …$/,
    );
    for (const [where, headers] of [
      ['/clusters/dev/apis', []],
      [pods, aggregated],
    ] as const)
      expect(statusOf(await rig.raw(get(where, [...headers])))).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
  });

  it('names a cluster that does not exist where kubectl asks for discovery, with a status whose text it shows', async () => {
    const detail = 'There is no cluster "typo" here. Run "sallyport clusters" to list yours.';
    rig.answer = () => ({
      ...allow(),
      decision: { effect: 'deny', rule: 'default-deny', reasons: [], policyVersion: 'v' },
      problem: { code: 'not-found', detail },
    });
    const aggregated = [
      'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    ];
    const answer = await rig.raw(get('/clusters/typo/api?timeout=32s', aggregated));
    expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*content-type: text\/plain/);
    expect(answer.endsWith(`\r\n\r\n${detail}`)).toBe(true);
    expect(statusOf(await rig.raw(get('/clusters/typo/api/v1/pods')))).toMatchObject({ code: 404, message: detail });
  });

  it('is refused although allowed, without an identity or with a system name that the cluster does not list', async () => {
    rig.answer = () => allow(undefined as never) && { ...allow(), impersonation: undefined };
    expect(statusOf(await rig.raw(get(pods))).code).toBe(401);
    rig.answer = () => allow({ ...alice, groups: ['system:masters'] });
    expect(statusOf(await rig.raw(get(pods))).code).toBe(403);
    expect(rig.seen).toHaveLength(0);
  });

  it('is a write, an exec or a read of Secrets while Kafka is down, and other reads once the queue is full', async () => {
    rig.kafka = 'down';
    const post = get(pods).replace('GET', 'POST').replace('Connection', 'Content-Length: 0\r\nConnection');
    expect(statusOf(await rig.raw(post))).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    expect(statusOf(await rig.raw(get('/clusters/dev/api/v1/namespaces/dev/secrets')))).toMatchObject({ code: 503 });
    expect(rig.seen).toHaveLength(0);
    expect(await rig.raw(get(pods))).toContain('HTTP/1.1 200');
    rig.kafka = 'full';
    expect(statusOf(await rig.raw(get(pods))).code).toBe(503);
  });

  it('is counted with its problem, from 0 on, unlike a 503 of the cluster', async () => {
    const refusals = async () =>
      Object.fromEntries(
        [...(await rig.metrics()).matchAll(/^sallyport_proxy_refusals_total\{cluster="dev",problem="(.+)"\} (\d+)$/gm)]
          .map(([, problem, count]) => [problem!, Number(count)] as const)
          .filter(([problem]) => /^(?:audit|authorize)-|^internal$|^not-found$|^connector-/.test(problem)),
      );
    expect(await refusals()).toEqual({ 'audit-unavailable': 0, 'authorize-unavailable': 0, internal: 0 });
    expect(await rig.raw(get('/clusters/dev/api/v1/busy'))).toContain('HTTP/1.1 503');
    rig.kafka = 'down';
    await rig.raw(get('/clusters/dev/api/v1/namespaces/dev/secrets'));
    expect(await refusals()).toEqual({ 'audit-unavailable': 1, 'authorize-unavailable': 0, internal: 0 });
    await until(() => rig.events.length > 1);
    expect(await rig.metrics()).toContain('sallyport_proxy_requests_total{cluster="dev",code="503"} 2');
  });
});

describe('an upgrade', () => {
  const upgrade = (path = `${pods}/web/exec?command=ls&command=-l&container=c`) =>
    get(path, [
      'Upgrade: websocket',
      'Sec-WebSocket-Key: k',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: v5.channel.k8s.io',
    ]).replace('close', 'Upgrade');
  const accept = (onSocket: (socket: Duplex) => void) =>
    rig.upstream.on('upgrade', (request, socket) => {
      rig.seen.push(request);
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSet-Cookie: a=b\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n',
      );
      onSocket(socket);
    });

  it('is authorized as create, then carries bytes in both directions, and the end of either side', async () => {
    accept((socket) => {
      socket.pipe(socket);
    });
    const client = rig.dial();
    client.write(upgrade());
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await until(() => text.includes('\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1.1 101/);
    expect(text.toLowerCase()).not.toContain('set-cookie');
    client.end('over and out');
    await once(client, 'end');
    expect(text.endsWith('over and out')).toBe(true);
    expect(rig.checks[0]!.kubernetes).toMatchObject({
      verb: 'create',
      requestVerb: 'get',
      subresource: 'exec',
      exec: { command: ['ls', '-l'], container: 'c' },
    });
    await until(() => rig.events.length === 5);
    expect(rig.events.map((event) => [event.type, event.data.stage])).toEqual([
      ['k8s.request', 'RequestReceived'],
      ['k8s.request', 'ResponseStarted'],
      ['stream.opened', 'ResponseStarted'],
      ['k8s.request', 'ResponseComplete'],
      ['stream.closed', 'ResponseComplete'],
    ]);
    expect(rig.events[3]!.data).toMatchObject({
      responseStatus: { code: 101 },
      requestURI: expect.not.stringContaining('command'),
      sallyport: { bytesIn: 12, bytesOut: 12, exec: { command: ['ls', '-l'] } },
    });
  });

  it('that the cluster refuses is relayed, and both connections end', async () => {
    rig.upstream.on('upgrade', (request, socket) => {
      rig.seen.push(request);
      socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    });
    const answer = await rig.raw(upgrade());
    expect(answer).toMatch(/^HTTP\/1.1 403/);
    expect(answer).toMatch(/\r\n\r\nno$/);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it('with bytes after its head, with a body, or with only a token is refused', async () => {
    expect(await rig.raw(`${upgrade()}GET / HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await rig.raw(upgrade().replace('Upgrade: websocket', 'Content-Length: 3\r\nUpgrade: websocket'))).toMatch(
      /^HTTP\/1.1 400/,
    );
    const token = Buffer.from('spt_x').toString('base64url');
    const tokenOnly = upgrade()
      .replace('v5.channel.k8s.io', `base64url.bearer.authorization.k8s.io.${token}`)
      .replace('Authorization: Bearer spt_x\r\n', '');
    expect(await rig.raw(tokenOnly)).toMatch(/^HTTP\/1.1 400/);
    expect(rig.seen).toHaveLength(0);
  });

  it('takes the token from the subprotocol and does not forward it', async () => {
    accept((socket) => socket.end());
    const token = Buffer.from('spt_x').toString('base64url');
    await rig.raw(
      upgrade()
        .replace('v5.channel.k8s.io', `base64url.bearer.authorization.k8s.io.${token}, v5.channel.k8s.io`)
        .replace('Authorization: Bearer spt_x\r\n', ''),
    );
    expect(raw(rig.seen[0]!, 'sec-websocket-protocol')).toEqual(['v5.channel.k8s.io']);
  });

  it('accepts the subprotocol of a port-forward, which has a slash', async () => {
    accept((socket) => socket.end());
    expect(
      await rig.raw(upgrade(`${pods}/web/portforward`).replace('v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io')),
    ).toMatch(/^HTTP\/1.1 101/);
    expect(raw(rig.seen[0]!, 'sec-websocket-protocol')).toEqual(['SPDY/3.1+portforward.k8s.io']);
  });

  it('ends upstream when the client closes before the response', async () => {
    let gone = false;
    rig.upstream.on('upgrade', (request, socket) => {
      rig.seen.push(request);
      socket.on('end', () => {
        gone = true;
      });
      socket.resume();
    });
    const client = rig.dial();
    client.write(upgrade());
    await until(() => rig.seen.length === 1);
    client.destroy();
    await until(() => gone);
  });
});

describe('a broken road', () => {
  it('ends upstream when the client closes, and distinguishes a 504 from a 502', async () => {
    const client = rig.dial();
    client.write(get('/clusters/dev/api/v1/hang'));
    await until(() => rig.seen.length === 1);
    let gone = false;
    rig.seen[0]!.socket.on('close', () => {
      gone = true;
    });
    client.destroy();
    await until(() => gone);
    rig.upstream.close();
    rig.upstream.closeAllConnections();
    expect(statusOf(await rig.raw(get(pods)))).toMatchObject({ code: 502 });
  });

  it('answers 400 to bytes that are not HTTP, and records them', async () => {
    expect(await rig.raw('GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(rig.events.map((event) => event.type)).toEqual(['request.unparsable']);
  });
});
