import type { Bed, CertificateAuthority } from '@sallyport/bed';

/** What is asked of every contender; the API server's path. */
export const podsPath = '/api/v1/namespaces/dev/pods';

/** Everything that contenders are built from. */
export type Ground = {
  directory: string;
  bed: Bed;
  authority: CertificateAuthority;
  caFile: string;
  /** A certificate for 127.0.0.1, its key, and both in one file. */
  certificate: { cert: string; key: string; certFile: string; keyFile: string; bundleFile: string };
  upstream: { secureUrl: string; plainUrl: string };
};

export type Running = {
  /** Stands before the API server's paths. */
  base: string;
  headers: Record<string, string>;
  /** Processes whose CPU time counts, by name. */
  pids: Record<string, number>;
  /** Processes that serve it but are shown apart. */
  apart: Record<string, number>;
  stop(): Promise<void>;
};

export type Wire = 'tls' | 'plain';

export type Contender = {
  name: string;
  title: string;
  /** Why it cannot take part here; undefined if it can. */
  obstacle(ground: Ground): string | undefined;
  start(ground: Ground, wire: Wire): Promise<Running>;
};
