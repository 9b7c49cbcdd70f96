/** The forward proxy for calls to other servers, and the hosts that are called without it. */
export type ProxyEnvironment = { httpsProxy: string; noProxy: string };

/** Reads the proxy settings of an environment, in upper or lower case. An empty text means none. */
export const proxyEnvironment = (env: Readonly<Record<string, string | undefined>>): ProxyEnvironment => ({
  httpsProxy: env['HTTPS_PROXY'] ?? env['https_proxy'] ?? '',
  noProxy: env['NO_PROXY'] ?? env['no_proxy'] ?? '',
});
