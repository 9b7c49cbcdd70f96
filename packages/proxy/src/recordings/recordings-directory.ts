import path from 'node:path';
import { checkDirectory } from '@sallyport/audit-log';
import type { ConfigFault, LoadedConfig } from '@sallyport/kit';

/** Returns the directory where recordings are before they are in their store. */
export function recordingsDirectory({ config, resolvePath }: Pick<LoadedConfig, 'config' | 'resolvePath'>): string {
  const { recordings, audit, data } = config;
  if (recordings.disk.dir != null) return resolvePath(recordings.disk.dir);
  // Each service has its spool in a directory of its own there.
  return path.join(resolvePath(audit.spool?.dir ?? data), 'unstored-recordings');
}

/** Checks that recordings can be written, and that their store is another directory. */
export function checkRecordings(loaded: LoadedConfig): ConfigFault[] {
  const { config, resolvePath, place } = loaded;
  const { store } = config.recordings;
  if (!store) return [];
  const directory = recordingsDirectory(loaded);
  const fault = (field: string, found: Pick<ConfigFault, 'message' | 'hint'>): ConfigFault => ({
    path: `recordings.${field}`,
    ...found,
    ...place(['recordings', ...field.split('.')]),
  });
  const unusable = checkDirectory(directory);
  const isShared = 'dir' in store && path.resolve(resolvePath(store.dir)) === path.resolve(directory);
  return [
    ...(unusable ? [fault('disk.dir', unusable)] : []),
    ...(isShared
      ? [fault('store.dir', { message: 'is also recordings.disk.dir', hint: 'name another directory for one of them' })]
      : []),
  ];
}
