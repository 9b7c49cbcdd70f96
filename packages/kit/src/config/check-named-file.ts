import { readFileSync } from 'node:fs';
import type { ConfigFault } from './config-faults.ts';
import type { LoadedConfig } from './load-config.ts';

type Named = Pick<LoadedConfig, 'resolvePath' | 'place'>;

const hints: Record<string, (file: string) => string> = {
  ENOENT: (file) => `there is no ${file}`,
  EACCES: (file) => `the user that this runs as may not read ${file}`,
  EISDIR: (file) => `${file} is a directory`,
};

/** Returns the fault of a file that could not be read, with the path at which the configuration names it. */
export function unreadableFile(error: unknown, file: string): Omit<ConfigFault, 'path'> {
  const { code } = error as NodeJS.ErrnoException;
  const hint = hints[code ?? '']?.(file);
  return { message: `cannot be read (${code ?? 'unknown reason'})`, ...(hint === undefined ? {} : { hint }) };
}

/**
 * Reads a file that the configuration names at `path`, and passes its content to `verify`, which throws what is wrong with
 * it. Returns the faults; none if the configuration names no file.
 */
export function checkNamedFile(
  loaded: Named,
  path: string,
  file: string | null | undefined,
  verify: (content: Buffer) => void = () => {},
): ConfigFault[] {
  if (file == null) return [];
  const fault = (found: Omit<ConfigFault, 'path'>) => [{ path, ...found, ...loaded.place(path.split('.')) }];
  const absolute = loaded.resolvePath(file);
  let content: Buffer;
  try {
    content = readFileSync(absolute);
  } catch (error) {
    return fault(unreadableFile(error, absolute));
  }
  try {
    verify(content);
    return [];
  } catch (error) {
    return fault({ message: (error as Error).message });
  }
}
