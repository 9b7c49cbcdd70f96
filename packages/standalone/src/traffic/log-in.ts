import { createHash, randomBytes } from 'node:crypto';
import { callGateway, type GatewayAddress } from './call-gateway.ts';

/** Someone who has an account at the demo's provider. */
export type Account = { user: string; password: string };

// Nothing listens there: the browser below stops before it.
const redirectUri = 'http://127.0.0.1:1/callback';

/** Opens a page like a browser that keeps cookies, until the login has come back. Returns where it led. */
async function fillInForm(start: string, { user, password }: Account): Promise<URL> {
  const jar = new Map<string, string>();
  const go = async (url: string, form?: URLSearchParams): Promise<string> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', cookie, ...(form && { origin: new URL(url).origin }) };
    const init = form ? { method: 'POST', body: form } : {};
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    await response.arrayBuffer();
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined) jar.set(name, value!);
    }
    const location = response.headers.get('location');
    if (location === null) return url;
    const next = new URL(location, url).href;
    return next.startsWith(redirectUri) ? next : go(next);
  };
  const end = await go(await go(start), new URLSearchParams({ login: user, password }));
  if (!end.startsWith(redirectUri)) throw new Error(`the login of ${user} ended at ${end}`);
  return new URL(end);
}

/** Logs a person in like the command line: the pages of gateway and provider, a code, PKCE. Returns their token. */
export async function logIn(gateway: GatewayAddress, pagesUrl: string, account: Account): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const end = await fillInForm(`${pagesUrl}/.sallyport/login?${query.toString()}`, account);
  const { status, text } = await callGateway(gateway, {
    method: 'POST',
    path: '/.sallyport/token',
    type: 'application/x-www-form-urlencoded',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: end.searchParams.get('code') ?? '',
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }).toString(),
  });
  if (status !== 200) throw new Error(`the login of ${account.user} was refused: ${status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}
