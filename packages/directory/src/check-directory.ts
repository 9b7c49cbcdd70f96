import { checkNamedFile, collectFaults, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { checkPeopleFile } from './map/people-file.ts';
import { loadScimClients } from './scim/load-scim-clients.ts';

const fileOptions = ['caFile', 'tokenFile', 'serviceAccountFile'] as const;

/**
 * Returns all faults in the files of the directory: tokens, keys, certificate authorities, and files of people and
 * groups.
 */
export function checkDirectory(loaded: Pick<LoadedConfig, 'config' | 'file' | 'resolvePath' | 'place'>): ConfigFault[] {
  const files = loaded.config.identity.directory.sources.flatMap((source, index) => [
    ...(source.kind === 'map' ? collectFaults([() => checkPeopleFile(loaded.resolvePath(source.file))]) : []),
    ...fileOptions.flatMap((name) => {
      const file = (source as Record<string, unknown>)[name];
      return typeof file === 'string'
        ? checkNamedFile(loaded, `identity.directory.sources.${index}.${name}`, file)
        : [];
    }),
  ]);
  return [...collectFaults([() => loadScimClients(loaded)]), ...files];
}
