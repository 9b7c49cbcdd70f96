import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../environment/environment.ts';

/** What decides which program a name starts. */
export type PathEnvironment = Pick<Environment, 'env' | 'platform'>;

export function isExecutable(file: string, platform: NodeJS.Platform): boolean {
  try {
    // Windows goes by the extension.
    if (platform !== 'win32') accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Returns the file that a name starts: the first on the PATH. A relative entry means another file in each directory. */
export function firstOnPath(name: string, { env, platform }: PathEnvironment): string | undefined {
  const windows = platform === 'win32';
  const extensions = windows ? (env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').toLowerCase().split(';') : [''];
  for (const directory of (env.PATH ?? env.Path ?? '').split(windows ? ';' : ':')) {
    if (!path.isAbsolute(directory)) return undefined;
    const found = extensions
      .map((extension) => path.join(directory, `${name}${extension}`))
      .find((file) => isExecutable(file, platform));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isSame(one: string, other: string): boolean {
  return existsSync(one) && realpathSync(one) === realpathSync(other);
}

/**
 * Reports whether the name of a program starts this very program: a file in its bin directory, or a link to one. `own` is
 * that file. On Windows it is a script next to it, or the one that npm writes above `node_modules`.
 */
export function startsByName(name: string, own: string, environment: PathEnvironment): boolean {
  const found = firstOnPath(name, environment);
  if (found === undefined) return false;
  if (environment.platform !== 'win32') return isSame(found, own);
  const directory = path.dirname(found);
  if (path.extname(found) !== '.cmd') return false;
  return (
    isSame(directory, path.dirname(own)) ||
    isSame(path.join(directory, 'node_modules', 'sallyport', 'bin'), path.dirname(own))
  );
}

/**
 * Returns the directory by which other programs start this one. In an archive that can upgrade itself, each version has
 * its own directory (`versions/0.2.0/bin`), and `bin` next to `versions` leads to the current one.
 */
export function stableBin(programDirectory: string): string {
  const own = path.join(programDirectory, 'bin');
  const stable = path.join(programDirectory, '..', '..', 'bin');
  return path.basename(path.dirname(programDirectory)) === 'versions' && isSame(stable, own) ? stable : own;
}
