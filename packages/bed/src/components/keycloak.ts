import { readdirSync } from 'node:fs';
import path from 'node:path';

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
