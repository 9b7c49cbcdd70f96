import { signInSchema, type TokenAnswer } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { LoginDemands } from './login-demands.ts';
import type { Credential } from '../home/stored-credential.ts';
import { createHash, randomBytes } from 'node:crypto';

const loopbackHosts = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Instead of an address: the page shows the code, and the user pastes it here. */
export const pasteRedirect = 'urn:ietf:wg:oauth:2.0:oob';

/** Checks a page that the gateway names: it must use https, or http on this machine. Throws a CliError. */
export function checkedPage(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHosts.test(url.hostname));
  if (!url || !safe || url.username !== '' || url.password !== '') {
    throw new CliError(
      'login-failed',
      'the login page of the gateway does not use https',
      'Tell the operator of the gateway (login.url).',
    );
  }
  return url.href;
}

/** Asks the gateway for the page on which the user starts this login. */
export async function loginPageUrl(
  client: GatewayClient,
  login: { redirectUri: string; state: string; challenge: string; demands?: LoginDemands; waitMs?: number },
): Promise<string> {
  const query = new URLSearchParams({
    redirect_uri: login.redirectUri,
    state: login.state,
    code_challenge: login.challenge,
    code_challenge_method: 'S256',
    ...(login.waitMs === undefined ? {} : { wait: String(Math.ceil(login.waitMs / 1000)) }),
    ...login.demands,
  });
  const answer = await client.call({ method: 'GET', path: `/.sallyport/login?${query.toString()}` });
  return checkedPage(readAnswer(signInSchema, expectOk(answer, client.address.origin), 'the login').signInUrl);
}

/** Returns the credential in the gateway's answer to a login. */
export function credentialOf({ access_token: token, session, identity }: TokenAnswer): Credential {
  return {
    token,
    user: identity.user,
    sessionId: session.id,
    expiresAt: session.expiresAt,
    idleMs: Math.floor(session.idleMs),
  };
}

/**
 * Tells the gateway that this program no longer waits for a login, so that the browser ends on a page that says so. It
 * does not matter if the gateway cannot be reached.
 */
export async function cancelLogin(client: GatewayClient, verifier: string): Promise<void> {
  const path = '/.sallyport/login/cancel';
  await client.call({ method: 'POST', path, form: { code_verifier: verifier }, timeoutMs: 900 }).catch(() => undefined);
}

/** Returns 256 random bits in base64url. */
export function randomText(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns the code challenge of a verifier (RFC 7636 section 4.2, S256). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
