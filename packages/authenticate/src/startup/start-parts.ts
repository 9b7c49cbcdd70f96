import { readFileSync } from 'node:fs';
import type { AuditSink } from '@sallyport/audit-log';
import type { DirectoryStore } from '@sallyport/directory';
import type { LoadedConfig, Logger, Metrics, OutboundFetch, Readiness, ServiceVerifier, Tracer } from '@sallyport/kit';
import type { NameStore, ProviderTokenStore, SessionStore, SingleUseStore } from '@sallyport/stores';
import { createOutboundFetch } from '@sallyport/kit/outbound';

/** What the service is started with. */
export type StartAuthenticate = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness?: Readiness;
  /** Without it nothing is traced. */
  tracer?: Tracer | undefined;
  /** HTTPS_PROXY and NO_PROXY, for calls to identity providers. */
  environment?: { httpsProxy?: string; noProxy?: string };
  /** Parts that the caller may provide. The caller also closes them. */
  sessions?: SessionStore;
  singleUse?: SingleUseStore;
  names?: NameStore;
  providerTokens?: ProviderTokenStore;
  directory?: DirectoryStore;
  audit?: AuditSink;
  verifier?: ServiceVerifier;
  now?: () => number;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
  fetch?: OutboundFetch;
};

/** What to close when the service stops, in reverse order. */
export type Closing = (() => Promise<void>)[];

/** How servers outside are reached. Unless the caller provides it, it is closed when the service stops. */
export function openFetch(
  {
    loaded,
    environment,
    fetch,
  }: Pick<StartAuthenticate, 'environment' | 'fetch'> & {
    loaded: Pick<LoadedConfig, 'resolvePath'>;
  },
  caFile: string | null | undefined,
  closing: Closing,
  more: { keepAliveMs?: number } = {},
): OutboundFetch {
  if (fetch) return fetch;
  const ca = caFile == null ? {} : { ca: readFileSync(loaded.resolvePath(caFile), 'utf8') };
  const own = createOutboundFetch({ ...environment, ...more, ...ca });
  closing.push(own.close);
  return own.fetch;
}
