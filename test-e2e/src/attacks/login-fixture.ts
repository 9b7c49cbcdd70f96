import { createHash, randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import type { AuditRecord } from '@sallyport/contracts';
import {
  createPlainBrowser,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type HttpAnswer,
  type RecordingUpstream,
} from '../harness/index.ts';
import { startHostileProvider, type HostileProvider } from './hostile-provider.ts';

/** The target of attacks on logins: a gateway as four processes with hostile identity providers. */
export type LoginFixture = {
  gateway: Gateway;
  one: HostileProvider;
  two: HostileProvider;
  three: HostileProvider;
  upstream: RecordingUpstream;
};

type ProviderId = 'one' | 'two' | 'three';
let open: LoginFixture | undefined;

/** Returns the fixture. */
export function loginFixture(): LoginFixture {
  if (!open) throw new Error('the login fixture has not been started');
  return open;
}

export async function startLoginFixture(): Promise<void> {
  const [one, two, three, upstream] = await Promise.all([
    startHostileProvider(),
    startHostileProvider('sub-two'),
    startHostileProvider('sub-three', { refreshes: true }),
    startRecordingUpstream(),
  ]);
  const provider = (id: string, { issuer }: HostileProvider) => ({
    id,
    issuer,
    clientId: 'sallyport',
    clientSecret: 'secret-of-the-tests',
    allowInsecureIssuer: true,
    scopes: ['openid', 'email', 'groups'],
  });
  const gateway = await startGateway({
    mode: 'processes',
    clusters: [
      { ...upstream.access, name: 'dev', policy: [{ allow: { or: [{ groups: 'developers' }] } }] },
      { ...upstream.access, name: 'mail', policy: [{ allow: { or: [{ email: 'alice@example.com' }] } }] },
    ],
    sessions: { encryption: { keys: [{ id: 'attacks', key: randomBytes(32).toString('base64') }] } },
    more: {
      identity: {
        providers: [
          provider('one', one),
          provider('two', two),
          { ...provider('three', three), userInfo: 'always', refresh: { interval: '1s' } },
        ],
        defaultProvider: 'one',
      },
    },
  });
  open = { gateway, one, two, three, upstream };
}

/** Makes the providers honest again. */
export function resetLoginFixture(): void {
  if (!open) return;
  open.one.lies = {};
  open.two.lies = {};
  open.three.lies = {};
}

export async function stopLoginFixture(): Promise<void> {
  await open?.gateway.stop();
  await Promise.all([open?.one.stop(), open?.two.stop(), open?.three.stop(), open?.upstream.stop()]);
  open = undefined;
}

export type ProgramLogin = { left: URL | undefined; answer: HttpAnswer; verifier: string; redirectUri: string };

/** Logs in like a program, up to its code. `left` is where the browser was finally redirected. */
export async function logInAtProvider(id: ProviderId = 'one'): Promise<ProgramLogin> {
  const { gateway } = loginFixture();
  const verifier = randomBytes(32).toString('base64url');
  const redirectUri = 'http://127.0.0.1:1/callback';
  const query = new URLSearchParams({
    provider: id,
    redirect_uri: redirectUri,
    state: 'state-of-the-program',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const { left, answer } = await createPlainBrowser({ ca: gateway.caPem, leaveAt: redirectUri }).go(
    `${gateway.pagesUrl}/.sallyport/login?${query.toString()}`,
  );
  return { left: left === undefined ? undefined : new URL(left), answer, verifier, redirectUri };
}

export type TokenAnswer = {
  status: number;
  body: {
    access_token?: string;
    error?: string;
    session?: { id: string };
    identity?: { user: string; groups: string[] };
  };
};

/** Exchanges the code of a login. `changes` replace what a well-behaved program would send. */
export async function exchangeCode(
  { left, verifier, redirectUri }: ProgramLogin,
  changes: Record<string, string> = {},
): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: left?.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: redirectUri,
    ...changes,
  });
  const { status, text } = await loginFixture().gateway.request('/.sallyport/token', {
    method: 'POST',
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  return { status, body: JSON.parse(text) as TokenAnswer['body'] };
}

/** Logs in completely, which must succeed. */
export async function tokenAt(id: ProviderId = 'one'): Promise<{ token: string; sessionId: string; user: string }> {
  const login = await logInAtProvider(id);
  const { status, body } = await exchangeCode(login);
  expect([status, login.left?.searchParams.get('error_description')]).toEqual([200, null]);
  return { token: body.access_token!, sessionId: body.session!.id, user: body.identity!.user };
}

/**
 * Expects a login to fail: no code, and a message for the program, or for the person if they were not redirected to the
 * provider.
 */
export async function expectRefusedLogin(says: RegExp, id: ProviderId = 'one'): Promise<void> {
  const { left, answer } = await logInAtProvider(id);
  const told = left === undefined ? answer.text : (left.searchParams.get('error_description') ?? '');
  expect(told.replaceAll('&#39;', "'")).toMatch(says);
  expect(left?.searchParams.has('code') ?? false).toBe(false);
  expect(String(answer.headers['set-cookie'])).not.toContain('spt_');
}

/** Expects a login to fail on the way back from the provider, which is recorded. */
export async function expectNoLogin(says: RegExp, id: ProviderId = 'one'): Promise<AuditRecord> {
  const { gateway } = loginFixture();
  const filter = { type: 'login.failed' };
  const before = gateway.events(filter).length;
  await expectRefusedLogin(says, id);
  const events = await gateway.audit.await(filter, before + 1);
  return events.at(-1)!;
}

/** Returns the status of a request to a cluster. */
export async function statusAt(token: string, cluster = 'dev'): Promise<number> {
  return (await loginFixture().gateway.request(`/clusters/${cluster}/api/v1/namespaces/dev/pods`, { token })).status;
}
