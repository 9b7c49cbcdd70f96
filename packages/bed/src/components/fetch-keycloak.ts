import { readdirSync } from 'node:fs';
import path from 'node:path';
import { lastLines, tryCommand } from '../run/command.ts';
import { reportWhile, type Progress } from '../run/progress.ts';
import { buildInto } from './cache-directory.ts';
import type { MavenRecipe } from './catalogue.ts';
import { jarsEntry } from './fetch-jars.ts';
import { pomFile, pomVersionOf } from './recipe-files.ts';

const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack-dependencies';

/** Returns the directory of the distribution. */
export function keycloakDistribution(directory: string): string {
  const name = readdirSync(directory).find((each) => each.startsWith('keycloak-'));
  if (name === undefined) throw new Error(`there is no Keycloak in ${directory}`);
  return path.join(directory, name);
}

/**
 * Returns the arguments of `java` that run Keycloak's command with the libraries of the distribution and a separate home
 * directory. Its script would start a child process that outlives it.
 */
export function keycloakArguments(distribution: string, home: string, command: readonly string[]): string[] {
  const opens = ['util', 'util.concurrent', 'security', 'lang'].map(
    (name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`,
  );
  return [
    // Only the fast compiler, because it runs for a minute.
    '-XX:TieredStopAtLevel=1',
    '-Xmx512m',
    '-XX:MaxMetaspaceSize=256m',
    '-Dfile.encoding=UTF-8',
    ...opens,
    '-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    `-Dkc.home.dir=${home}`,
    `-Djboss.server.config.dir=${path.join(home, 'conf')}`,
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-Dpicocli.disable.closures=true',
    '-cp',
    path.join(distribution, 'lib', 'quarkus-run.jar'),
    'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
    ...command,
  ];
}

/** Fetches the distribution of Keycloak and builds its application once, so that every start is fast. */
export async function fetchKeycloak(
  name: string,
  recipe: MavenRecipe,
  options: { maven: string; java: string; cacheDirectory: string; onProgress?: Progress; signal?: AbortSignal },
): Promise<string> {
  return buildInto(options.cacheDirectory, jarsEntry(name, recipe), async (building) => {
    const what = `fetching ${name} ${pomVersionOf(recipe.pom)}`;
    options.onProgress?.(`${what} (only the first time, about two minutes)`);
    const run = async (program: string, args: readonly string[]) => {
      const result = await tryCommand(program, args, { signal: options.signal });
      if (result.code !== 0)
        throw new Error(`${path.basename(program)} failed: ${lastLines(result.stdout || result.stderr, 5)}`);
    };
    await reportWhile(options.onProgress, what, async () => {
      const output = path.resolve(building);
      // Maven does not unpack if its marker exists, so the marker is with the files and not next to the POM.
      await run(options.maven, [
        '-B',
        '-q',
        '-f',
        pomFile(recipe.pom),
        UNPACK,
        `-DoutputDirectory=${output}`,
        `-DmarkersDirectory=${path.join(output, '.markers')}`,
      ]);
      const distribution = keycloakDistribution(output);
      await run(
        options.java,
        keycloakArguments(distribution, distribution, ['build', '--db=dev-mem', '--health-enabled=true']),
      );
    });
  });
}
