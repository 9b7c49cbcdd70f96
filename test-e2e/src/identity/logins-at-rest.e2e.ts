import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createPlainBrowser,
  describeWith,
  dumpRedis,
  eventually,
  fillInForm,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

describeWith(['redis', 'kafka', 'postgres'], 'logins from elsewhere through four processes with Redis', () => {
  let upstream: RecordingUpstream;
  let gateway: Gateway;
  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startGateway({ mode: 'processes', clusters: [upstream.access] });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const alice = { user: 'alice@example.com', password: 'alice' };
  const hidden = (text: string, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? '';
  // The first request to services that have just started. Their errors are printed, and the request is repeated.
  const begin = () =>
    eventually('a device login to start', async () => {
      const { status, text, json } = await gateway.request('/.sallyport/api/v1/device/code', {
        method: 'POST',
        headers: form,
        body: 'cluster=dev',
      });
      if (status === 200) return json() as { device_code: string; user_code: string };
      process.stderr.write(`a device login cannot start yet: ${status} ${text}\n`);
      expect(status).toBe(503);
      return undefined;
    });
  const poll = async (code: string) =>
    (
      await gateway.request('/.sallyport/api/v1/device/token', {
        method: 'POST',
        headers: form,
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
          device_code: code,
        }).toString(),
      })
    ).json() as { error?: string; access_token?: string };

  const everythingKept = () => dumpRedis(gateway.redis!.client);

  async function logInDevice() {
    const codes = await begin();
    const kept = [await everythingKept()];
    const browser = createPlainBrowser({ ca: gateway.caPem });
    const {
      answer: { text },
    } = await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?user_code=${codes.user_code}`, alice);
    kept.push(await everythingKept());
    await browser.go(`${gateway.pagesUrl}/.sallyport/device`, {
      approval: hidden(text, 'approval'),
      user_code: hidden(text, 'user_code'),
      answer: 'approve',
    });
    kept.push(await everythingKept());
    const { access_token: token = '' } = await poll(codes.device_code);
    kept.push(await everythingKept());
    return { ...codes, token, approval: hidden(text, 'approval'), kept: kept.join('\n') };
  }

  async function logInAsPomerium(): Promise<string> {
    const waiting = 'http://127.0.0.1:1/callback/x';
    const page = (
      await gateway.request(
        `/.pomerium/api/v1/login?${new URLSearchParams({ pomerium_redirect_uri: waiting }).toString()}`,
      )
    ).text;
    const { left } = await fillInForm(createPlainBrowser({ ca: gateway.caPem, leaveAt: waiting }), page, alice);
    return new URL(left!).searchParams.get('pomerium_jwt')!;
  }

  it('store no code and no token in Redis at any step', async () => {
    const { device_code: deviceCode, user_code: userCode, token, approval, kept } = await logInDevice();
    expect(token).toMatch(/^spt_/);
    expect(kept).toContain('alice@example.com');
    for (const secret of [deviceCode, deviceCode.slice(4), userCode, userCode.replace('-', ''), token, approval])
      expect(kept).not.toContain(secret);
    const jwt = await logInAsPomerium();
    expect(await everythingKept()).not.toContain(jwt.split('.')[2]);
  });

  it('give a device one session, even if many requests ask for it at once', async () => {
    const codes = await begin();
    const browser = createPlainBrowser({ ca: gateway.caPem });
    const {
      answer: { text },
    } = await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?user_code=${codes.user_code}`, alice);
    const fields = { approval: hidden(text, 'approval'), user_code: hidden(text, 'user_code'), answer: 'approve' };
    const pages = await Promise.all(
      Array.from({ length: 5 }, () => browser.go(`${gateway.pagesUrl}/.sallyport/device`, fields)),
    );
    expect(pages.map(({ answer }) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400, 400]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(codes.device_code)));
    expect(answers.filter(({ access_token: token }) => token !== undefined)).toHaveLength(1);
  });

  it('do not call a token of a Pomerium client invalid, and do not accept it, while authorize is down', async () => {
    const jwt = await logInAsPomerium();
    const headers = { authorization: `Bearer Pomerium-${jwt}` };
    const health = async (sent: Record<string, string>) =>
      (await gateway.request('/healthz', { headers: sent })).status;
    const forged = { authorization: `Bearer Pomerium-${jwt.slice(0, -86)}${randomBytes(64).toString('base64url')}` };
    expect([await health(headers), await health(forged)]).toEqual([200, 401]);
    const before = upstream.requests.length;
    await gateway.processes!.stop('authorize');
    await eventually(
      'authorize to be down',
      async () => (await gateway.request('/clusters/dev/version', { headers })).status === 503,
    );
    expect([await health(headers), await health(forged), await health({})]).toEqual([200, 401, 200]);
    expect(upstream.requests).toHaveLength(before);
    await gateway.processes!.restart('authorize');
    await eventually(
      'authorize to be back',
      async () => (await gateway.request('/clusters/dev/version', { headers })).status === 200,
    );
  });
});
