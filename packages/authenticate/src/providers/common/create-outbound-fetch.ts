import type { OutboundFetch } from '@sallyport/kit';
import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';

type OutboundFetchDeps = {
  /** PEM. Where set, only these authorities are trusted. */
  ca?: string;
  /** HTTPS_PROXY and NO_PROXY. */
  httpsProxy?: string;
  noProxy?: string;
  /** How long a connection is kept for the next request, in milliseconds. 0 (the default) keeps none. */
  keepAliveMs?: number;
};

/**
 * Creates a fetch for one provider, with its certificate authority and the proxy of the environment. By default each
 * connection serves one request: a server may close a kept one just as the next request goes out, and a login cannot
 * send its code a second time.
 */
export function createOutboundFetch(deps: OutboundFetchDeps): { fetch: OutboundFetch; close(): Promise<void> } {
  const { keepAliveMs = 0 } = deps;
  const tls = deps.ca === undefined ? {} : { ca: deps.ca };
  // Empty strings keep the agent from reading the environment itself.
  const agent = new EnvHttpProxyAgent({
    httpProxy: '',
    httpsProxy: deps.httpsProxy ?? '',
    noProxy: deps.noProxy ?? '',
    connect: { timeout: 3000, ...tls },
    requestTls: { timeout: 3000, ...tls },
    ...(keepAliveMs > 0 ? { keepAliveTimeout: keepAliveMs } : { pipelining: 0 }),
  });
  const fetch: OutboundFetch = (url, options) =>
    undiciFetch(url, { ...(options as object), dispatcher: agent }) as unknown as Promise<Response>;
  return { fetch, close: () => agent.destroy() };
}
