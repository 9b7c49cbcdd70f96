import { createHash, randomBytes } from 'node:crypto';
import { request as plainRequest, type IncomingHttpHeaders } from 'node:http';
import { request as secureRequest } from 'node:https';

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };
type Asked = { method?: string; headers?: Record<string, string>; body?: string; ca?: string };

function ask(url: string, { body, ...options }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? secureRequest : plainRequest)(
      url,
      { ...options, agent: false },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (part: string) => {
            text += part;
          })
          .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
      },
    );
    request.on('error', reject).end(body);
  });
}

const formType = { 'content-type': 'application/x-www-form-urlencoded' };

/** Cookies by host name and name. A browser tells ports apart as little. */
type Cookies = Map<string, Map<string, string>>;

const cookieHeader = (cookies: Cookies, url: string) =>
  [...(cookies.get(new URL(url).hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');

function keepCookies(cookies: Cookies, url: string, lines: readonly string[]): void {
  const { hostname } = new URL(url);
  const own = cookies.get(hostname) ?? new Map<string, string>();
  cookies.set(hostname, own);
  for (const line of lines) {
    const pair = line.split(';', 1)[0]!;
    const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
    if (value === '' || /;\s*max-age=0/i.test(line)) own.delete(name);
    else own.set(name, value);
  }
}

/** Follows a login page by page with cookies, as a browser does. Stops before a URL that starts with `until`. */
function createBrowser(ca: string, until?: string) {
  const cookies: Cookies = new Map();
  const go = async (url: string, form?: Record<string, string>): Promise<{ url: string; text: string }> => {
    const headers = { accept: 'text/html', cookie: cookieHeader(cookies, url), ...(form ? formType : {}) };
    const answer = await ask(url, {
      ca,
      headers,
      ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
    });
    keepCookies(cookies, url, answer.headers['set-cookie'] ?? []);
    if (answer.status >= 400)
      throw new Error(
        `the login ended with ${answer.status} at ${url}: ${answer.text.replaceAll(/<style>.*?<\/style>|<[^>]*>|\s+/gs, ' ').slice(0, 300)}`,
      );
    if (answer.headers.location === undefined) return { url, text: answer.text };
    const next = new URL(answer.headers.location, url).href;
    return until !== undefined && next.startsWith(until) ? { url: next, text: '' } : go(next);
  };
  return { go, cookiesFor: (url: string) => cookieHeader(cookies, url) };
}

/** Who logs in. */
export type Person = { user: string; password: string };

/** Fills in the login page at `url` and continues to the end, or to a URL that starts with `until`. */
export async function fillInLogin(url: string, who: Person, ca: string, until?: string): Promise<string> {
  const { go } = createBrowser(ca, until);
  const page = await go(url);
  const end = await go(page.url, { login: who.user, password: who.password });
  if (until !== undefined && !end.url.startsWith(until))
    throw new Error(`the login ended at ${end.url}: ${end.text.slice(0, 200)}`);
  return end.url;
}

/** Opens a web application in a browser and logs in. Returns the cookies with which the browser then comes back. */
export async function logInBrowser(url: string, who: Person, ca: string): Promise<string> {
  const { go, cookiesFor } = createBrowser(ca);
  const page = await go(url);
  const end = await go(page.url, { login: who.user, password: who.password });
  if (new URL(end.url).host !== new URL(url).host) throw new Error(`the login ended at ${end.url}`);
  return cookiesFor(url);
}

/** Logs a user in through the login page, as the command line does. Returns the session token. */
export async function logIn(gate: { gatewayUrl: string; pagesUrl: string; ca: string }, who: Person): Promise<string> {
  const redirectUri = 'http://127.0.0.1:1/callback';
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: redirectUri,
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const left = await fillInLogin(`${gate.pagesUrl}/.sallyport/login?${query.toString()}`, who, gate.ca, redirectUri);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: new URL(left).searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: redirectUri,
  }).toString();
  const answer = await ask(`${gate.gatewayUrl}/.sallyport/token`, {
    method: 'POST',
    ca: gate.ca,
    headers: formType,
    body,
  });
  if (answer.status !== 200) throw new Error(`cannot exchange the authorization code: ${answer.status} ${answer.text}`);
  return (JSON.parse(answer.text) as { access_token: string }).access_token;
}
