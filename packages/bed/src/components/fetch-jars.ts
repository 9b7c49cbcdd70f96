import path from 'node:path';
import { lastLines, tryCommand } from '../run/command.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { buildInto } from './cache-directory.ts';
import type { MavenRecipe } from './catalogue.ts';
import { pomFile, pomVersionOf } from './recipe-files.ts';

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

export function jarsEntry(name: string, recipe: MavenRecipe): string {
  return `${name}-${pomVersionOf(recipe.pom)}`;
}

/** Fetches the jars in a POM with their dependencies into a directory of the cache. */
export async function fetchJars(
  name: string,
  recipe: MavenRecipe,
  options: { maven: string; cacheDirectory: string; onProgress?: Progress; signal?: AbortSignal },
): Promise<string> {
  return buildInto(options.cacheDirectory, jarsEntry(name, recipe), async (building) => {
    const what = `fetching ${name} ${pomVersionOf(recipe.pom)}`;
    options.onProgress?.(`${what} (only the first time, some seconds)`);
    const args = [
      '-B',
      '-q',
      '-f',
      pomFile(recipe.pom),
      COPY,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${path.resolve(building)}`,
    ];
    const result = await reportWhile(options.onProgress, what, () =>
      tryCommand(options.maven, args, { signal: options.signal }),
    );
    if (result.code !== 0) throw new Error(`Maven failed: ${lastLines(result.stdout || result.stderr, 5)}`);
  });
}
