import { readFileSync } from 'node:fs';
import { createServiceClient, type LoadedConfig, type ServiceClient } from '@sallyport/kit';
import type { ProxyParts } from './proxy-parts.ts';

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
