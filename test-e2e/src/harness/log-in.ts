import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { httpRequestOnce, type HttpAnswer } from './http-request.ts';

/** The gateway's response to a one-time code. */
export type Login = {
  token: string;
  sessionId: string;
  expiresAt: number;
  identity: { user: string; email?: string; groups: string[] };
};

/** The page where the redirects ended. `left` is the URL that was not followed. */
type Page = { url: string; answer: HttpAnswer; left?: string };

/**
 * Creates a browser without a screen. It keeps cookies per host name, because cookies ignore ports, and follows redirects
 * except those to `leaveAt`.
 */
export function createPlainBrowser(options: { ca: string; leaveAt?: string }) {
  const jar = new Map<string, { value: string; path: string }>();
  const remember = (answer: HttpAnswer) => {
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const attribute = (key: string) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
      if (value === '' || attribute('max-age') === '0' || /1970/.test(attribute('expires') ?? '')) jar.delete(name);
      else jar.set(name, { value, path: attribute('path') ?? '/' });
    }
  };
  const go = async (url: string, form?: Record<string, string>): Promise<Page> => {
    const { pathname } = new URL(url);
    const cookie = [...jar]
      .filter(([, one]) => pathname.startsWith(one.path))
      .map(([name, one]) => `${name}=${one.value}`)
      .join('; ');
    const headers = {
      accept: 'text/html',
      ...(cookie === '' ? {} : { cookie }),
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin } : {}),
    };
    const answer = await httpRequestOnce(url, {
      ca: options.ca,
      headers,
      ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
    });
    remember(answer);
    const { location } = answer.headers;
    if (typeof location !== 'string') return { url, answer };
    const next = new URL(location, url).href;
    return options.leaveAt !== undefined && next.startsWith(options.leaveAt) ? { url, answer, left: next } : go(next);
  };
  return { go, jar };
}

/**
 * Fills in the form of the login page to which `url` redirects, and returns the resulting page. Like a person, it loads
 * the page again, for a minute, when it says that something did not respond in time.
 */
export async function fillInForm(
  browser: ReturnType<typeof createPlainBrowser>,
  url: string,
  who: { user: string; password: string },
): Promise<Page> {
  let page = await browser.go(url);
  for (const end = Date.now() + 60_000; page.answer.status === 503 && Date.now() < end; page = await browser.go(url))
    await pause(200);
  const { text, status } = page.answer;
  if (status !== 200 || !/<form[^>]*method="post"[\s\S]*name="login"[\s\S]*name="password"/.test(text))
    throw new Error(`no login form at ${page.url}: ${status} ${text.slice(0, 500)}`);
  return browser.go(page.url, { login: who.user, password: who.password });
}

/**
 * Logs a person in like the CLI but without it: the page, a code at the loopback address, the exchange with PKCE. Like a
 * person, it logs in again when the audit log or Redis was too late, unless it is to do so `once`. Throws for any other
 * refusal, and after a minute.
 */
export async function logIn(
  gateway: { url: string; pagesUrl: string; caPem: string },
  who: { user: string; password: string },
  { once = false }: { once?: boolean | undefined } = {},
): Promise<Login> {
  for (const end = Date.now() + 60_000; ;) {
    const isLast = once || Date.now() >= end;
    const exchange = await logInOnce(gateway, who).catch((error: unknown) => {
      if (isLast || !(error instanceof TooLate)) throw error;
    });
    if (!exchange) continue;
    const wasLate = exchange.status === 503 && /"(audit|sessions)-unavailable"/.test(exchange.text);
    if (wasLate && !isLast) continue;
    if (exchange.status !== 200) throw new Error(`the code was not exchanged: ${exchange.status} ${exchange.text}`);
    const {
      access_token: token,
      session,
      identity,
    } = exchange.json() as {
      access_token: string;
      session: { id: string; expiresAt: number };
      identity: Login['identity'];
    };
    return { token, sessionId: session.id, expiresAt: session.expiresAt, identity };
  }
}

/** A login that came back without a code, because Redis was too late. */
class TooLate extends Error {}

async function logInOnce(
  gateway: { url: string; pagesUrl: string; caPem: string },
  who: { user: string; password: string },
): Promise<HttpAnswer> {
  const redirectUri = 'http://127.0.0.1:1/callback';
  const [state, verifier] = [randomBytes(16).toString('base64url'), randomBytes(32).toString('base64url')];
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const browser = createPlainBrowser({ ca: gateway.caPem, leaveAt: redirectUri });
  const { left, answer } = await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?${query.toString()}`, who);
  if (left === undefined)
    throw new Error(`the login of ${who.user} ended at a page: ${answer.status} ${answer.text.slice(0, 500)}`);
  const given = new URL(left).searchParams;
  if (!given.has('code')) {
    const message = `the login of ${who.user} came back without a code: ${left}`;
    throw given.get('error') === 'temporarily_unavailable' ? new TooLate(message) : new Error(message);
  }
  if (given.get('state') !== state) throw new Error(`the login came back with another state: ${left}`);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: given.get('code')!,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  }).toString();
  return httpRequestOnce(`${gateway.url}/.sallyport/token`, {
    method: 'POST',
    ca: gateway.caPem,
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}
