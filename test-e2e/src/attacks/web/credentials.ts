import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  arrives,
  expectWebAccepted,
  expectWebRefused,
  sendWeb,
  webBytes,
  webEventOf,
  type WebAttack,
} from '../fixtures/web-attack.ts';
import { originOf, routeCookieName, webFixture } from '../fixtures/web-fixture.ts';

const bearer = (token: string): WebAttack => ({ cookie: undefined, lines: [`Authorization: Bearer ${token}`] });
const jwt = (claims: object) =>
  [{ alg: 'ES256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat('A'.repeat(86))
    .join('.');

const inCookie: [string, () => string][] = [
  ['an invented token', () => `spt_${randomBytes(32).toString('base64url')}`],
  ['the token of a program', () => webFixture().tokens.alice],
  ["a browser's login at the gateway", () => webFixture().cookies.login],
  ['the session of another application', () => webFixture().cookies.tool],
  ['the session of another person at another application', () => webFixture().cookies.bob],
  ['the token of an agent', () => webFixture().tokens.agent],
  ['the token of a service account', () => webFixture().tokens.machine],
  ['the token of a CI job', () => webFixture().tokens.workload],
  ['a JWT without a valid signature', () => jwt({ sub: 'root', exp: 9_999_999_999 })],
  ['a token in upper case', () => webFixture().cookies.alice.toUpperCase()],
  ['a token that is cut short', () => webFixture().cookies.alice.slice(0, -1)],
  ['a token in quotes', () => `"${webFixture().cookies.alice}"`],
  ['a token that is percent-encoded', () => webFixture().cookies.alice.replace('spt_', '%73pt_')],
];
const asBearer: [string, () => string, number][] = [
  ['the session of a route', () => webFixture().cookies.alice, 401],
  ["a browser's login at the gateway", () => webFixture().cookies.login, 401],
  ['the token of an agent, whose scope has clusters only', () => webFixture().tokens.agent, 403],
  ['the token of a person whom the policy does not allow', () => webFixture().tokens.bob, 403],
  ['a JWT without a valid signature', () => jwt({ sub: 'root', exp: 9_999_999_999 }), 401],
  ['an empty token', () => '', 401],
];

function attackCredentials(): void {
  it.each(inCookie)('in the cookie is not %s', async (_what, make) => {
    const { reply } = await expectWebRefused({ cookie: make() }, 401, { effect: arrives });
    expect(reply.header('www-authenticate')).toEqual(['Bearer realm="sallyport"']);
  });

  it.each(asBearer)('as a bearer token is not %s', async (_what, make, code) => {
    await expectWebRefused(bearer(make()), code);
  });

  it('of a program is accepted where the policy allows it, and reaches no application', async () => {
    for (const name of ['alice', 'machine', 'workload'] as const) {
      const { request } = await expectWebAccepted(bearer(webFixture().tokens[name]));
      expect(request.header('authorization')).toEqual([]);
      expect(request.connection.bytes().toString('latin1')).not.toContain(webFixture().tokens[name]);
    }
  });

  it('is exactly one', async () => {
    const { alice, eve } = webFixture().cookies;
    const { tokens } = webFixture();
    await expectWebRefused({ lines: [`Cookie: ${routeCookieName}=${eve}`] }, 401);
    await expectWebRefused({ cookie: `${alice}; ${routeCookieName}=${eve}` }, 401);
    await expectWebRefused({ lines: [`Authorization: Bearer ${tokens.bob}`] }, 400);
    await expectWebRefused({ lines: [`X-Pomerium-Authorization: ${tokens.bob}`] }, 400);
    await expectWebRefused(
      { ...bearer(tokens.alice), lines: [...bearer(tokens.alice).lines!, ...bearer(tokens.bob).lines!] },
      400,
    );
    await expectWebRefused({ lines: [`Authorization: Basic x, Bearer ${tokens.bob}`] }, 400);
  });

  it.each(['NTLM TlRMTVNTUAABAAAA', 'Negotiate YAAA', 'Basic YTpi, negotiate YAAA'])(
    'for a connection (%s) does not pass, because others use that connection too',
    async (credential) => {
      await expectWebRefused({ lines: [`Authorization: ${credential}`] }, 400, { says: /NTLM/, effect: arrives });
    },
  );

  it('of another application of the same person opens this one for nobody', async () => {
    const { cookies } = webFixture();
    await expectWebRefused({ host: 'other', cookie: cookies.alice }, 401);
    await expectWebRefused({ host: 'other', cookie: cookies.tool }, 401);
    await expectWebRefused({ host: 'app', cookie: cookies.bob }, 401);
    await expectWebAccepted({ host: 'other', cookie: cookies.bob });
  });
}

/** Asks the gateway itself, or a cluster, with the credential of a web application. */
const askGateway = (path: string, token: string) => webFixture().gateway.request(path, { token });
const places = ['/.sallyport/me', '/.sallyport/api/v1/sessions', '/.sallyport/api/v1/audit'];
const pods = '/clusters/dev/api/v1/namespaces/dev/pods';

function attackElsewhere(): void {
  it.each([...places, pods])('of a route opens nothing at %s', async (path) => {
    const { cluster, cookies, gateway } = webFixture();
    const before = cluster.requests.length;
    for (const token of [cookies.alice, cookies.tool]) {
      expect((await askGateway(path, token)).status).toBe(401);
      const cookie = `__Host-sallyport=${token}; sallyport-demo=${token}; ${routeCookieName}=${token}`;
      expect((await gateway.request(path, { headers: { cookie } })).status).toBe(401);
    }
    expect(cluster.requests).toHaveLength(before);
  });

  it("of a browser's login at the gateway opens no cluster, and none of its pages as a bearer token", async () => {
    const { cluster, cookies, tokens } = webFixture();
    const before = cluster.requests.length;
    for (const path of [...places, pods])
      expect([path, (await askGateway(path, cookies.login)).status]).toEqual([path, 401]);
    expect(cluster.requests).toHaveLength(before);
    for (const token of [tokens.alice, tokens.agent, tokens.machine]) {
      const cookie = `__Host-sallyport=${token}`;
      const answer = await webFixture().gateway.request('/.sallyport/api/v1/clusters', { headers: { cookie } });
      expect(answer.status).toBe(401);
    }
  });

  it('that a tool gets for clusters lets it act as nobody else, and names the tool to the cluster', async () => {
    const { cluster, cookies, gateway } = webFixture();
    const { request } = await expectWebAccepted({ host: 'tool', cookie: cookies.tool });
    const token = request.header('authorization')[0]!.replace('Bearer ', '');
    expect((await askGateway(pods, token)).status).toBe(200);
    const extra = 'impersonate-extra-sallyport.dev%2fapplication';
    expect(cluster.requests.at(-1)!.header(extra)).toEqual([originOf('tool')]);
    const before = cluster.requests.length;
    const acting = await gateway.request(pods, { token, headers: { 'impersonate-user': 'bob@example.com' } });
    expect([acting.status, acting.text]).toEqual([
      403,
      expect.stringContaining('application/tool.example.test.impersonate'),
    ]);
    expect(cluster.requests).toHaveLength(before);
  });

  it('that a tool gets for clusters opens nothing else, and no cluster that its route does not name', async () => {
    const { request } = await expectWebAccepted({ host: 'tool', cookie: webFixture().cookies.tool });
    const token = request.header('authorization')[0]!.replace('Bearer ', '');
    expect(token).toMatch(/^spa_/);
    for (const path of places) expect((await askGateway(path, token)).status).toBe(401);
    for (const host of ['app', 'tool', 'other'] as const) await expectWebRefused({ ...bearer(token), host }, 401);
    await expectWebRefused({ host: 'tool', cookie: token }, 401);
    expect((await askGateway('/clusters/other/api', token)).status).toBe(403);
    expect((await askGateway(pods, token)).status).toBe(200);
    const [head, claims = '', signature] = token.slice(4).split('.');
    const changed = { ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), route: originOf('app') };
    for (const forged of [
      `spa_${head}.${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`,
      `spa_${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`,
      token.slice(4),
      `${token}A`,
    ])
      expect((await askGateway(pods, forged)).status).toBe(401);
  });

  it('that an application gets as an assertion is no credential anywhere', async () => {
    const { request } = await expectWebAccepted({});
    const assertion = request.header('x-sallyport-jwt-assertion')[0]!;
    await expectWebRefused(bearer(assertion), 401);
    await expectWebRefused({ cookie: assertion }, 401);
    expect((await askGateway(pods, assertion)).status).toBe(401);
    expect((await askGateway(pods, `spa_${assertion}`)).status).toBe(401);
  });

  it('stays out of addresses: one with a token is refused, however it is encoded', async () => {
    const { alice } = webFixture().tokens;
    const hidden = Buffer.from(alice).toString('hex').replaceAll(/../g, '%$&');
    for (const target of [`/?t=${alice}`, `/${alice}`, `/?t=${hidden}`, `/?t=${hidden.replaceAll('%', '%25')}`]) {
      const { reply } = await expectWebRefused({ target }, 400, { says: /token/ });
      expect(JSON.stringify(await webEventOf(reply.auditId))).not.toContain(alice.slice(4));
      expect((await sendWeb(webBytes({ target }))).text).not.toContain(alice.slice(4));
    }
  });
}

export function attackWebTokens(): void {
  describe('W27: a credential at an application', attackCredentials);
  describe('W27: a credential', attackElsewhere);
}
