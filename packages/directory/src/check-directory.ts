import { readFileSync } from 'node:fs';
import { ConfigFaults, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { loadScimClients } from './scim/load-scim-clients.ts';
import { checkPeopleFile } from './map/people-file.ts';

const fileOptions = ['caFile', 'tokenFile', 'serviceAccountFile'] as const;

function faultsOf(work: () => unknown): readonly ConfigFault[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    return error.faults;
  }
}

function readFault(file: string): string | undefined {
  try {
    readFileSync(file);
    return undefined;
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`;
  }
}

/**
 * Returns all faults in the files of the directory: tokens, keys, certificate authorities, and files of people and
 * groups.
 */
export function checkDirectory(loaded: Pick<LoadedConfig, 'config' | 'file' | 'resolvePath' | 'place'>): ConfigFault[] {
  const { config, resolvePath, place } = loaded;
  const files = config.identity.directory.sources.flatMap((source, index) => [
    ...(source.kind === 'map' ? faultsOf(() => checkPeopleFile(resolvePath(source.file))) : []),
    ...fileOptions.flatMap((name): ConfigFault[] => {
      const file = (source as Record<string, unknown>)[name];
      const fault = typeof file === 'string' ? readFault(resolvePath(file)) : undefined;
      const path = `identity.directory.sources.${index}.${name}`;
      return fault === undefined ? [] : [{ path, message: fault, ...place(path.split('.')) }];
    }),
  ]);
  return [...faultsOf(() => loadScimClients(loaded)), ...files];
}
