import { httpRequestOnce, type Gateway, type HttpAnswer } from '../harness/index.ts';

type Page = { url: string; answer: HttpAnswer; left?: string };
type Options = {
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** A redirect to an address that begins so is not followed. */
  leaveAt?: string;
};

/** A browser without a screen that visits web applications by their host names, which only the gateway knows. */
export type RouteBrowser = {
  /** The cookies of a host, by name. */
  jar(host: string): Map<string, string>;
  /** Opens an address and follows redirects. */
  go(url: string, options?: Options): Promise<Page>;
  /** Opens a page of an application and logs in. Throws if this does not end at the application. */
  logIn(url: string, who: { user: string; password: string }): Promise<Page>;
};

/** Creates a browser that keeps cookies by host, as browsers do for those whose names begin with `__Host-`. */
export function createRouteBrowser(gateway: Pick<Gateway, 'url' | 'caPem'>): RouteBrowser {
  const jars = new Map<string, Map<string, string>>();
  const jar = (host: string) => {
    const found = jars.get(host) ?? new Map<string, string>();
    jars.set(host, found);
    return found;
  };
  const remember = (cookies: Map<string, string>, answer: HttpAnswer) => {
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      if (value === '' || /max-age=0(?:;|$)/i.test(line) || /1970/.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
  };
  const go: RouteBrowser['go'] = async (url, options = {}) => {
    const at = new URL(url);
    const { form, headers = {}, leaveAt } = options;
    const cookies = jar(at.hostname);
    // The names of applications lead to the gateway. The login pages and the provider have addresses.
    const base = at.protocol === 'https:' ? gateway.url : at.origin;
    const answer = await httpRequestOnce(`${base}${at.pathname}${at.search}`, {
      ca: gateway.caPem,
      ...(at.protocol === 'https:' ? { serverName: 'localhost' } : {}),
      method: form ? 'POST' : 'GET',
      headers: {
        host: at.host,
        accept: 'text/html',
        ...(cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded', origin: at.origin } : {}),
        ...headers,
      },
      ...(form ? { body: new URLSearchParams(form).toString() } : {}),
    });
    remember(cookies, answer);
    const { location } = answer.headers;
    if (typeof location !== 'string') return { url, answer };
    const next = new URL(location, url).href;
    if (leaveAt !== undefined && next.startsWith(leaveAt)) return { url, answer, left: next };
    return go(next, leaveAt === undefined ? {} : { leaveAt });
  };
  return {
    jar,
    go,
    async logIn(url, who) {
      const page = await go(url);
      if (!/<form[^>]*method="post"[\s\S]*name="password"/.test(page.answer.text))
        throw new Error(`no login form at ${page.url}: ${page.answer.status} ${page.answer.text.slice(0, 300)}`);
      const end = await go(page.url, { form: { login: who.user, password: who.password } });
      if (new URL(end.url).host !== new URL(url).host)
        throw new Error(`the login ended at ${end.url}: ${end.answer.status} ${end.answer.text.slice(0, 300)}`);
      return end;
    },
  };
}
