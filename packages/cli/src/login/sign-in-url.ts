import { signInSchema, readAnswer } from '../gateway/answers.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { LoginDemands } from './login-demands.ts';

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
export async function signInUrl(
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
