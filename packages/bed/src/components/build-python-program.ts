import path from 'node:path';
import { lastLines, tryCommand } from '../run/command.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { buildInto } from './cache-directory.ts';
import type { PythonRecipe } from './catalogue.ts';
import { requirementsDigest, requirementsFile, requirementsVersionOf } from './recipe-files.ts';

/** Returns the path of a Python program's interpreter in the cache, whether or not it exists. */
export function pythonProgramEntry(name: string, recipe: PythonRecipe): { entry: string; file: string } {
  const { requirements, versionOf } = recipe;
  return {
    entry: `${name}-${requirementsVersionOf(requirements, versionOf)}-${requirementsDigest(requirements)}`,
    file: path.join('bin', 'python'),
  };
}

/** Installs a Python program into its own environment in the cache, with exactly the packages in its requirements. */
export async function buildPythonProgram(
  name: string,
  recipe: PythonRecipe,
  options: { python: string; cacheDirectory: string; onProgress?: Progress; signal?: AbortSignal },
): Promise<string> {
  const { entry, file } = pythonProgramEntry(name, recipe);
  const directory = await buildInto(options.cacheDirectory, entry, async (building) => {
    const what = `fetching ${entry}`;
    options.onProgress?.(`${what} (only the first time, about a minute)`);
    const run = async (program: string, args: readonly string[]) => {
      const result = await tryCommand(program, args, { signal: options.signal });
      if (result.code !== 0)
        throw new Error(`${path.basename(program)} ${args[1]} failed: ${lastLines(result.stderr || result.stdout, 5)}`);
    };
    await reportWhile(options.onProgress, what, async () => {
      await run(options.python, ['-m', 'venv', building]);
      await run(path.join(building, file), [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--no-deps',
        '--requirement',
        requirementsFile(recipe.requirements),
      ]);
    });
  });
  return path.join(directory, file);
}
