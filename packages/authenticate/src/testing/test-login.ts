import { hashToken } from '@sallyport/kit';
import type { Browser } from './test-browser.ts';
import type { TestService } from './test-service.ts';

export const verifier = 'v'.repeat(43);
export const cliRedirect = 'http://127.0.0.1:41234/callback';
export const cliLogin = (changes: Record<string, string | undefined> = {}) => {
  const all = {
    redirect_uri: cliRedirect,
    state: 'state-of-the-cli',
    code_challenge: hashToken(verifier),
    code_challenge_method: 'S256',
    ...changes,
  };
  return `/.sallyport/login?${new URLSearchParams(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined)).toString()}`;
};

/** Goes to the provider and back. `answer` may change the query of the callback. */
export async function throughProvider(
  service: TestService,
  path: string,
  answer: (query: Record<string, string>) => Record<string, string> = (query) => query,
  browser: Browser = service.browser,
) {
  const there = await browser.get(path);
  if (there.status !== 302) return there;
  return browser.get(
    `/.sallyport/callback?${new URLSearchParams(answer(service.provider.logIn(there.headers['location']!))).toString()}`,
  );
}

/** Logs in like a program, up to the authorization code. */
export async function cliCode(service: TestService): Promise<string> {
  const back = await throughProvider(service, cliLogin());
  return new URL(back.headers['location']!).searchParams.get('code')!;
}

export const exchange = (service: TestService, changes: Record<string, unknown>) =>
  service.browser.post(
    '/.sallyport/token',
    { accept: 'application/json' },
    { grant_type: 'authorization_code', code_verifier: verifier, redirect_uri: cliRedirect, ...changes },
  );
