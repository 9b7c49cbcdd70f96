import type { Bed, CertificateAuthority } from '@sallyport/bed';
import type { Client } from '../machine/node-load.ts';

/** The path on the API server that all contenders are asked for. */
export const podsPath = '/api/v1/namespaces/dev/pods';

/** What contenders are built from. */
export type Setup = {
  directory: string;
  bed: Bed;
  authority: CertificateAuthority;
  caFile: string;
  /** A certificate for 127.0.0.1 and the ends of the slow road, its key, and both in one file. */
  certificate: { cert: string; key: string; certFile: string; keyFile: string; bundleFile: string };
  upstream: { secureUrl: string; plainUrl: string };
};

export type Running = {
  /** The prefix of the API server's paths. */
  base: string;
  headers: Record<string, string>;
  /** Processes whose CPU time counts, by name. */
  pids: Record<string, number>;
  /** Supporting processes, which are shown separately. */
  apart: Record<string, number>;
  stop(): Promise<void>;
};

export type Wire = 'tls' | 'plain';

export type Contender = {
  name: string;
  title: string;
  /** What sends the load, instead of wrk. */
  client?: Client;
  /** Returns why this contender cannot run here, or undefined if it can. */
  obstacle(setup: Setup): string | undefined;
  start(setup: Setup, wire: Wire): Promise<Running>;
};
