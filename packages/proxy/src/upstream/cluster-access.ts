import type { Logger } from '@sallyport/kit';
import type { TokenSource } from './token-source.ts';

/** Everything needed to reach one cluster: its address, its CA, and the gateway's credential. Certificates are PEM. */
export type ClusterAccess = {
  server: string;
  ca: string | undefined;
  serverName: string | undefined;
  token: TokenSource;
  clientCert: string | undefined;
  clientKey: string | undefined;
};

export type ClusterAccessDeps = { resolvePath: (file: string) => string; logger: Logger; now: () => number };
