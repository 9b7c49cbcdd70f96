import { readFileSync } from 'node:fs';
import {
  createServiceClient,
  type LoadedConfig,
  type ServiceClient,
  type Logger,
  type Metrics,
  type Readiness,
  type ServiceKeys,
  type Tracer,
} from '@sallyport/kit';
import type { AuditSink } from '@sallyport/audit-log';
import type { Config } from '@sallyport/contracts';

/** What the proxy is started with. */
export type ProxyParts = Pick<ServiceKeys, 'identity' | 'publicKeysOf' | 'privateKey'> & {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  sink: AuditSink;
  /** Makes spans of requests. Without it there are none. */
  tracer?: Tracer | undefined;
  now: () => number;
  /** HTTPS_PROXY and NO_PROXY, for calls to an ACME server. */
  environment?: { httpsProxy?: string; noProxy?: string };
  /** Called with each configuration that takes effect after a change. */
  onConfig?: (config: Config) => void;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
};

type Callee = 'authenticate' | 'authorize' | 'audit';

/** Clients of the other services. */
export type Services = Record<Callee, ServiceClient>;

/** Reads the CA (PEM) that verifies a service's certificate, where one is configured. */
export function authorityOf({ config, resolvePath }: LoadedConfig, service: Callee): string | undefined {
  const { caFile } = config.services[service];
  return caFile === undefined ? undefined : readFileSync(resolvePath(caFile), 'utf8');
}

/** Creates the clients of the services that the proxy calls. */
export function connectServices({ loaded, identity }: ProxyParts): Services {
  const to = (audience: Callee) => {
    const ca = authorityOf(loaded, audience);
    return createServiceClient({
      url: loaded.config.services[audience].url,
      audience,
      identity,
      ca,
    });
  };
  return { authorize: to('authorize'), authenticate: to('authenticate'), audit: to('audit') };
}

/** The origins at which browsers reach the gateway, and its login pages. */
export function originsOf({ config: { gateway, login } }: LoadedConfig): { gateway: string; login: string } {
  return { gateway: new URL(gateway.url).origin, login: new URL(login.url ?? gateway.url).origin };
}
