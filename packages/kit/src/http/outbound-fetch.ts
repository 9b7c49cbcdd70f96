import { EnvHttpProxyAgent, fetch as undiciFetch } from 'undici';

/** What is asked of a fetch for calls to a provider; openid-client's own options. */
export type OutboundFetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body?: unknown;
    redirect: 'manual';
    signal?: AbortSignal;
  },
) => Promise<Response>;

export type OutboundFetchDeps = {
  /** PEM; the only authorities that are believed, where set. */
  ca?: string;
  /** HTTPS_PROXY and NO_PROXY. */
  httpsProxy?: string;
  noProxy?: string;
  /**
   * For how long a connection waits for its next request, in milliseconds. 0, which is the default, uses each for one
   * request.
   */
  keepAliveMs?: number;
};

const maxBytes = 1024 * 1024;

/** Reads an answer whole, up to 1 MiB: a provider that goes on for ever fills no memory here. */
async function bounded(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new TypeError('the answer of the identity provider is too large');
    chunks.push(chunk);
  }
  const bodiless = response.status === 204 || response.status === 304;
  return new Response(bodiless ? null : Buffer.concat(chunks), { status: response.status, headers: response.headers });
}

/** Bounds what a fetch brings back. */
export function boundFetch(fetch: OutboundFetch): OutboundFetch {
  return async (url, options) => bounded(await fetch(url, options));
}

/**
 * A fetch of one provider's own: its certificate authority, the proxy of the environment. Connections are not used
 * again unless that is asked for: a server may close one at the moment at which the next request goes into it, and a
 * login cannot send its code a second time.
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
