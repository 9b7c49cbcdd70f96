import path from 'node:path';
import { findProgram, lastLines, tryCommand } from '../run/command.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { buildInto } from './cache-directory.ts';
import type { GoRecipe } from './catalogue.ts';
import { goModuleDirectory, goVersionOf } from './recipe-files.ts';

/** Returns the path of a built Go program in the cache, whether or not it exists. */
export function goProgramEntry(name: string, recipe: GoRecipe): { entry: string; version: string; file: string } {
  const version = goVersionOf(recipe.module, recipe.versionOf);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return { entry: `${name}-${version}`, version, file };
}

/** Builds a Go program into the cache with the machine's Go. Throws the last lines of the compiler's output. */
export async function buildGoProgram(
  name: string,
  recipe: GoRecipe,
  options: { cacheDirectory: string; onProgress?: Progress; signal?: AbortSignal },
): Promise<string> {
  const go = findProgram('go');
  if (!go) throw new Error('Go is not installed');
  const { entry, version, file } = goProgramEntry(name, recipe);
  const directory = await buildInto(options.cacheDirectory, entry, async (building) => {
    const what = `building ${name} ${version}`;
    options.onProgress?.(`${what} (only the first time, about ${recipe.minutes} min)`);
    const command = [go, ...buildArguments(recipe, version, path.join(building, file))];
    const nice = findProgram('nice');
    const [program, ...args] = nice ? [nice, '-n', '10', ...command] : command;
    const env = { CGO_ENABLED: '0', GOWORK: 'off' };
    const result = await reportWhile(options.onProgress, what, () =>
      tryCommand(program!, args, { cwd: goModuleDirectory(recipe.module), env, signal: options.signal }),
    );
    if (result.code !== 0) throw new Error(`go build failed: ${lastLines(result.stderr, 5)}`);
  });
  return path.join(directory, file);
}

/** Returns the arguments of `go` that build this recipe into `output`. */
export function buildArguments(recipe: GoRecipe, version: string, output: string): string[] {
  const [major, minor] = version.split('.');
  const stamps =
    recipe.stamp === undefined
      ? []
      : [
          `-X ${recipe.stamp}.gitVersion=v${version}`,
          `-X ${recipe.stamp}.gitMajor=${major}`,
          `-X ${recipe.stamp}.gitMinor=${minor}`,
        ];
  return [
    ...(recipe.tests ? ['test', '-c'] : ['build']),
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    ['-s', '-w', ...stamps].join(' '),
    '-o',
    output,
    recipe.package,
  ];
}
