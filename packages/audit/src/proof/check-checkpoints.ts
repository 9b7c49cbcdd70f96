import { statSync } from 'node:fs';
import path from 'node:path';
import { checkNamedFile, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { readRetiredKeys, readSigningKey } from './load-checkpoint-keys.ts';

/** Checks the keys of checkpoints and their second place. */
export function checkCheckpoints(loaded: LoadedConfig): ConfigFault[] {
  const { checkpoints } = loaded.config.audit;
  if (!checkpoints) return [];
  const at = 'audit.checkpoints';
  const { keyFile, retiredKeys, anchor } = checkpoints;
  return [
    ...checkNamedFile(loaded, `${at}.keyFile`, keyFile, (pem) => void readSigningKey(pem)),
    ...retiredKeys.flatMap((file, index) =>
      checkNamedFile(loaded, `${at}.retiredKeys.${index}`, file, (pem) => void readRetiredKeys(pem)),
    ),
    ...(anchor && 'url' in anchor ? checkNamedFile(loaded, `${at}.anchor.tokenFile`, anchor.tokenFile) : []),
    ...(anchor && 'file' in anchor ? checkAnchorFile(loaded, anchor.file) : []),
  ];
}

function checkAnchorFile(loaded: LoadedConfig, file: string): ConfigFault[] {
  const directory = path.dirname(loaded.resolvePath(file));
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return [];
  const at = ['audit', 'checkpoints', 'anchor', 'file'];
  return [
    {
      path: at.join('.'),
      message: 'is in a directory that does not exist',
      hint: `create ${directory}`,
      ...loaded.place(at),
    },
  ];
}
