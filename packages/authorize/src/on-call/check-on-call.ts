import { checkAuthorities, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { readOnCallFile } from './read-on-call-file.ts';

/** Reports on-call lists whose files cannot be read. Servers are not asked. */
export function checkOnCall(loaded: LoadedConfig): ConfigFault[] {
  const { config, place, resolvePath } = loaded;
  return config.onCall.flatMap(({ file, caFile }, index) => {
    const authorities = checkAuthorities(loaded, { path: `onCall.${index}.caFile`, file: caFile });
    const read = file == null ? undefined : readOnCallFile(resolvePath(file));
    if (!read || !('fault' in read)) return authorities;
    const path = ['onCall', String(index), 'file'];
    const hint = `write it like {users: [alice@example.com]}: ${resolvePath(file!)}`;
    return [...authorities, { path: path.join('.'), message: read.fault, hint, ...place(path) }];
  });
}
