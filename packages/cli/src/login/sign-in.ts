import { readAnswer, tokenSchema } from '../gateway/answers.ts';
import { expectOk, saidBy } from '../gateway/expect-ok.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential } from '../home/credential.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { waiting } from '../terminal/waiting.ts';
import type { World } from '../world.ts';
import { startLoopbackListener } from './loopback-listener.ts';
import { openBrowser } from './open-browser.ts';
import { challengeOf, randomText } from './pkce.ts';
import { signInUrl } from './sign-in-url.ts';

/** How a login goes about: whether it may open a browser, and how long a person may take. */
export type SignInOptions = { browser: boolean; timeoutMs: number };

async function exchange(client: GatewayClient, code: string, verifier: string, redirectUri: string): Promise<Credential> {
  const answer = await client.call({
    method: 'POST', path: '/.sallyport/token',
    form: { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri },
  });
  if (answer.status >= 400 && answer.status < 500) {
    throw new CliError('login-failed', `the gateway did not accept the login: ${saidBy(answer.body) ?? `status ${answer.status}`}`, 'Log in again.');
  }
  const { access_token: token, session, identity } = readAnswer(tokenSchema, expectOk(answer, client.address.origin), 'the login');
  return { token, user: identity.user, sessionId: session.id, expiresAt: session.expiresAt, idleMs: Math.floor(session.idleMs) };
}

/**
 * Logs a person in as a native app does (RFC 8252): a page in their browser, a one-time code on loopback, exchanged with
 * PKCE (RFC 7636). The page's address is printed always, as the browser that opens may be the wrong one or on another machine.
 */
export async function signIn(client: GatewayClient, world: World, options: SignInOptions): Promise<Credential> {
  const [state, verifier] = [randomText(), randomText()];
  const listener = await startLoopbackListener(state);
  try {
    const url = await signInUrl(client, { redirectUri: listener.redirectUri, state, challenge: challengeOf(verifier) });
    const opened = options.browser && await openBrowser(world, url);
    world.stderr.write(`${opened ? 'Your browser opens this page; if it does not, open it yourself' : 'Open this page in your browser'}:\n\n  ${forTerminal(url)}\n\n`);
    const sign = await waiting(world, `Waiting for you to log in (up to ${Math.round(options.timeoutMs / 1000)} s)`);
    try {
      const code = await listener.code(options.timeoutMs);
      return await exchange(client, code, verifier, listener.redirectUri);
    } finally {
      sign.stop();
    }
  } finally {
    listener.close();
  }
}
