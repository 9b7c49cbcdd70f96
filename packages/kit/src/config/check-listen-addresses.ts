import type { Config, ListenAddress, ServiceName } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';
import type { LoadedConfig } from './load-config.ts';

type Listener = { path: string; service: ServiceName; at: ListenAddress };

const everywhere = new Set(['0.0.0.0', '::']);
const loopback = /^(127\.|::1$|localhost$)/;

function listenersOf({ gateway, services, login }: Config): Listener[] {
  const internal = (['authenticate', 'authorize', 'audit'] as const).map((service) => ({
    path: `services.${service}.listen`,
    service,
    at: services[service].listen,
  }));
  const admin = (['authenticate', 'authorize', 'audit', 'proxy'] as const).map((service) => ({
    path: `services.${service}.adminListen`,
    service,
    at: services[service].adminListen,
  }));
  return [
    { path: 'gateway.listen', service: 'proxy', at: gateway.listen },
    ...(login.listen ? [{ path: 'login.listen', service: 'proxy' as const, at: login.listen }] : []),
    ...internal,
    ...admin,
  ];
}

/** Reports whether two listeners exclude each other. Services may run on separate machines, unless both use loopback. */
function clash(a: Listener, b: Listener): boolean {
  if (a.at.port !== b.at.port || a.at.port === 0) return false;
  const overlap = a.at.host === b.at.host || everywhere.has(a.at.host) || everywhere.has(b.at.host);
  if (a.service === b.service) return overlap;
  return a.at.host === b.at.host && loopback.test(a.at.host);
}

/** Returns the faults of a service's addresses that another listener of the same machine takes. */
export function checkListenAddresses({ config, place }: LoadedConfig, service: ServiceName): ConfigFault[] {
  const all = listenersOf(config);
  return all.flatMap((one, index) => {
    const other = all.slice(0, index).find((before) => clash(before, one));
    if (!other || (one.service !== service && other.service !== service)) return [];
    return [
      {
        path: one.path,
        message: `is the same port as ${other.path} (${one.at.port})`,
        hint: 'give each listener a port of its own',
        ...place(one.path.split('.')),
      },
    ];
  });
}
