import type { ServiceName } from '@sallyport/contracts';
import { loadServiceKeys } from '../service/service-keys.ts';
import { checkKeyPair } from './check-certificates.ts';
import { checkListenAddresses } from './check-listen-addresses.ts';
import { collectFaults } from './collect-faults.ts';
import type { ConfigFault } from './config-faults.ts';
import type { LoadedConfig } from './load-config.ts';

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
