import { readFileSync } from 'node:fs';
import { ConfigFaults, loadServiceKeys, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { loadSealingKeys } from '@sallyport/stores';
import { checkDirectory } from '@sallyport/directory';
import { readLoginSettings } from './settings/login-settings.ts';
import { readClientKey } from './providers/openid/client-authentication.ts';

function attempt(path: string, work: () => unknown): ConfigFault[] {
  try {
    work();
    return [];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return [{ path, message: code === undefined ? (error as Error).message : `cannot be read (${code})` }];
  }
}

/**
 * Checks the configuration that only this service reads: keys, the URL of the login pages, the certificate authorities
 * of providers, the files of the directory. Throws ConfigFaults.
 */
export function checkAuthenticate(loaded: LoadedConfig): void {
  const { config, file, resolvePath, place } = loaded;
  const faults = [() => loadServiceKeys(loaded, 'authenticate', Date.now), () => loadSealingKeys(loaded)].flatMap(
    (load) => {
      try {
        load();
        return [];
      } catch (error) {
        if (!(error instanceof ConfigFaults)) throw error;
        return error.faults;
      }
    },
  );
  faults.push(
    ...[
      ...attempt(config.login.url === undefined ? 'gateway.url' : 'login.url', () => readLoginSettings(config)),
      ...config.identity.providers.flatMap(({ caFile, clientKeyFile }, index) => [
        ...(caFile == null
          ? []
          : attempt(`identity.providers.${index}.caFile`, () => readFileSync(resolvePath(caFile)))),
        ...(clientKeyFile == null
          ? []
          : attempt(`identity.providers.${index}.clientKeyFile`, () =>
              readClientKey(readFileSync(resolvePath(clientKeyFile), 'utf8')),
            )),
      ]),
    ].map((fault) => ({ ...fault, ...place(fault.path.split('.')) })),
  );
  faults.push(...checkDirectory(loaded));
  if (faults.length > 0) throw new ConfigFaults(file, faults);
}
