import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';
import { chainOf, type OutboundFetch } from '../http/bound-fetch.ts';

/**
 * Returns an error that says which part the proxy had in it, if it had one: it refused (undici says only that the
 * request was canceled), or nothing listens there. Does not contain the user name and password of the proxy.
 */
function nameProxy(error: unknown, proxy: URL, target: string): unknown {
  const name = `the proxy ${proxy.protocol}//${proxy.host}`;
  const { host, port: targetPort } = new URL(target);
  const port = Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80));
  const because = (text: string) => new TypeError('fetch failed', { cause: new Error(text, { cause: error }) });
  for (const { message, code, port: refusing } of chainOf(error)) {
    const [, status] = /^Proxy response \((\d+)\)/.exec(String(message)) ?? [];
    if (status === '407')
      return because(`${name} refused to connect to ${host}: 407, HTTPS_PROXY needs a user name and password`);
    if (status !== undefined) return because(`${name} refused to connect to ${host}: ${status}`);
    // A provider on the same port may be the one that was reached directly.
    if (typeof code === 'string' && refusing === port && Number(targetPort || 443) !== port)
      return because(`${name} cannot be reached: ${code}`);
  }
  return error;
}

type OutboundFetchDeps = {
  /** PEM. If set, only these certificate authorities are trusted. */
  ca?: string;
  /** HTTPS_PROXY and NO_PROXY. */
  httpsProxy?: string;
  noProxy?: string;
  /** How long idle connections are kept for the next request, in milliseconds. The default is 0, which keeps none. */
  keepAliveMs?: number;
};

/** Returns the address of the proxy with its scheme. The error does not repeat the text, which may contain a password. */
function withScheme(text: string): string {
  if (text === '') return '';
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || url.hostname === '' || !/^https?:$/.test(url.protocol))
    throw new Error('HTTPS_PROXY is not the address of an HTTP proxy. Write it like http://proxy.example.com:3128.');
  return whole;
}

/** Returns what is reached directly: what NO_PROXY lists, and this machine, as in the clients of Kubernetes. */
const withThisMachine = (noProxy: string) =>
  noProxy.trim() === '*' ? '*' : ['localhost', '127.0.0.1', '[::1]', noProxy].filter((entry) => entry !== '').join(',');

/**
 * Creates a fetch for one server outside, with its certificate authority and the proxy of the environment. By default each
 * connection serves one request, because a server may close an idle one just as the next request is sent, and a login
 * cannot send its code twice.
 */
export function createOutboundFetch(deps: OutboundFetchDeps): { fetch: OutboundFetch; close(): Promise<void> } {
  const { keepAliveMs = 0 } = deps;
  const tls = deps.ca === undefined ? {} : { ca: deps.ca };
  const httpsProxy = withScheme(deps.httpsProxy?.trim() ?? '');
  // Empty strings stop the agent from reading the environment itself.
  const agent = new EnvHttpProxyAgent({
    httpProxy: '',
    httpsProxy,
    noProxy: withThisMachine(deps.noProxy ?? ''),
    connect: { timeout: 3000, ...tls },
    requestTls: { timeout: 3000, ...tls },
    ...(keepAliveMs > 0 ? { keepAliveTimeout: keepAliveMs } : { pipelining: 0 }),
  });
  const fetch: OutboundFetch = async (url, options) => {
    try {
      return (await undiciFetch(url, { ...(options as object), dispatcher: agent })) as unknown as Response;
    } catch (error) {
      throw httpsProxy === '' ? error : nameProxy(error, new URL(httpsProxy), url);
    }
  };
  return { fetch, close: () => agent.destroy() };
}
