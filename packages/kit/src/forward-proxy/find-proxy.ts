import { needsProxy } from './needs-proxy.ts';
import { ProxyFault } from './proxy-fault.ts';

/** The proxy of the environment. `name` is its address without user name and password, for messages. */
export type Proxy = { url: URL; name: string; variable: string };

/** Reads the address of a proxy, with or without its scheme. Never repeats the text, which may contain a password. */
function readProxy(text: string, variable: string): Proxy {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || url.hostname === '')
    throw new ProxyFault(
      'setting',
      `${variable} is not the address of a proxy`,
      'Write it like http://proxy.example.com:3128.',
    );
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ProxyFault(
      'setting',
      `${variable} names a proxy for ${url.protocol.slice(0, -1)}, which is not supported`,
      'Use an HTTP proxy, or list the host in NO_PROXY.',
    );
  return { url, name: `${url.protocol}//${url.host}`, variable };
}

/**
 * Finds the proxy for requests to an https origin: HTTPS_PROXY, except for what NO_PROXY lists. As in kubectl, names in
 * capitals come first. Requests to http origins never use a proxy. Throws a ProxyFault for an address that is not valid.
 */
export function findProxy(origin: string, env: Record<string, string | undefined>): Proxy | undefined {
  const url = new URL(origin);
  const variable = env['HTTPS_PROXY'] ? 'HTTPS_PROXY' : 'https_proxy';
  const text = env[variable]?.trim() ?? '';
  if (text === '' || url.protocol !== 'https:' || !needsProxy(url, env['NO_PROXY'] || env['no_proxy'] || ''))
    return undefined;
  return readProxy(text, variable);
}
