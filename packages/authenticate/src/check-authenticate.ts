import { checkAuditSink, checkSpool } from '@sallyport/audit-log';
import { faultsOfWorkloadNames } from '@sallyport/contracts';
import { checkDirectory } from '@sallyport/directory';
import {
  checkAuthorities,
  checkNamedFile,
  checkOwnService,
  collectFaults,
  type ConfigFault,
  type LoadedConfig,
  type ServiceCheck,
} from '@sallyport/kit';
import { checkSessionStores, loadSealingKeys } from '@sallyport/stores';
import { readLoginSettings } from './http/login-settings.ts';
import { readClientKey } from './providers/openid/client-authentication.ts';

function checkLoginPages({ config, place }: LoadedConfig): ConfigFault[] {
  try {
    readLoginSettings(config);
    return [];
  } catch (error) {
    const path = config.login.url === undefined ? 'gateway.url' : 'login.url';
    return [{ path, message: (error as Error).message, ...place(path.split('.')) }];
  }
}

function checkProviders(loaded: LoadedConfig): ConfigFault[] {
  return loaded.config.identity.providers.flatMap(({ caFile, clientKeyFile }, index) => {
    const at = (field: string) => `identity.providers.${index}.${field}`;
    return [
      ...checkAuthorities(loaded, { path: at('caFile'), file: caFile }),
      ...checkNamedFile(loaded, at('clientKeyFile'), clientKeyFile, (key) => void readClientKey(key.toString('utf8'))),
    ];
  });
}

function checkWorkloads(loaded: LoadedConfig): ConfigFault[] {
  const { config, place } = loaded;
  return [
    ...faultsOfWorkloadNames(config).map((fault) => ({ ...fault, ...place(fault.path.split('.')) })),
    ...config.workloads.flatMap(({ caFile }, index) =>
      checkAuthorities(loaded, { path: `workloads.${index}.caFile`, file: caFile }),
    ),
  ];
}

/**
 * Checks the settings that authenticate uses: keys, stores, the URL of the login pages, identity providers, workloads,
 * the files of the directory.
 */
export const checkAuthenticate: ServiceCheck = {
  ofConfig: (loaded) => [
    ...checkOwnService(loaded, 'authenticate'),
    ...checkSessionStores(loaded),
    ...collectFaults([() => loadSealingKeys(loaded)]),
    ...checkLoginPages(loaded),
    ...checkProviders(loaded),
    ...checkWorkloads(loaded),
    ...checkDirectory(loaded),
    ...checkAuditSink(loaded),
    ...checkSpool(loaded, 'authenticate'),
  ],
};
