import type { ServiceName, Config, ListenAddress } from '@sallyport/contracts';
import { checkKeyPair } from '../config/check-certificates.ts';
import { collectFaults, type ConfigFault } from '../config/config-faults.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { loadServiceKeys } from './service-keys.ts';

type Listener = { path: string; service: ServiceName; at: ListenAddress };

const everywhere = new Set(['0.0.0.0', '::']);
const loopback = /^(127\.|::1$|localhost$)/;

function listenersOf({ gateway, services, login }: Config): Listener[] {
  const acme = gateway.tls?.acme;
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
    ...(acme?.challenge === 'http-01'
      ? [{ path: 'gateway.tls.acme.httpListen', service: 'proxy' as const, at: acme.httpListen }]
      : []),
    ...(services.proxy.peer
      ? [{ path: 'services.proxy.peer.listen', service: 'proxy' as const, at: services.proxy.peer.listen }]
      : []),
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
function checkListenAddresses({ config, place }: LoadedConfig, service: ServiceName): ConfigFault[] {
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

function checkOwnTls(loaded: LoadedConfig, service: Exclude<ServiceName, 'proxy'>): ConfigFault[] {
  const { certFile, tlsKeyFile } = loaded.config.services[service];
  const at = (field: string) => `services.${service}.${field}`;
  if ((certFile === undefined) !== (tlsKeyFile === undefined)) {
    const path = at(certFile === undefined ? 'certFile' : 'tlsKeyFile');
    return [{ path, message: 'is missing: certFile and tlsKeyFile go together', ...loaded.place(path.split('.')) }];
  }
  return checkKeyPair(loaded, { path: at('certFile'), file: certFile }, { path: at('tlsKeyFile'), file: tlsKeyFile });
}

/** Checks what `services` says about one service: its keys, its addresses and its certificate. */
export function checkOwnService(loaded: LoadedConfig, service: ServiceName): ConfigFault[] {
  return [
    ...collectFaults([() => loadServiceKeys(loaded, service, Date.now)]),
    ...checkListenAddresses(loaded, service),
    ...(service === 'proxy' ? [] : checkOwnTls(loaded, service)),
  ];
}
