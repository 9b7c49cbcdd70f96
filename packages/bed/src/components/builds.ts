import path from 'node:path';
import { findProgram } from '../run/command.ts';
import type { Build } from './build-component.ts';
import type { ComponentName, GoRecipe, MavenRecipe, PythonRecipe, Recipe } from './catalogue.ts';
import { keycloakArguments, keycloakDistribution } from './keycloak.ts';
import {
  goModuleDirectory,
  goVersionOf,
  pomFile,
  pomVersionOf,
  requirementsDigest,
  requirementsFile,
  requirementsVersionOf,
} from './recipe-files.ts';

type Paths = Partial<Record<ComponentName, string>>;

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
    ...(recipe.tags === undefined ? [] : ['-tags', recipe.tags]),
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    ['-s', '-w', ...stamps].join(' '),
    '-o',
    output,
    recipe.package,
  ];
}

/** A Go program, built with the machine's Go. */
function goBuild(name: string, recipe: GoRecipe): Build {
  const version = goVersionOf(recipe.module, recipe.versionOf);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return {
    entry: `${name}-${version}`,
    file,
    what: `building ${name} ${version}`,
    takes: `about ${recipe.minutes} min`,
    work(building, run) {
      const nice = findProgram('nice');
      const command = [findProgram('go')!, ...buildArguments(recipe, version, path.join(building, file))];
      const env = { CGO_ENABLED: '0', GOWORK: 'off' };
      const options = { cwd: goModuleDirectory(recipe.module), env };
      return run('go build', nice ? [nice, '-n', '10', ...command] : command, options);
    },
  };
}

/** A Python program in its own environment, with exactly the packages in its requirements. */
function pythonBuild(name: string, { requirements, versionOf }: PythonRecipe, paths: Paths): Build {
  const entry = `${name}-${requirementsVersionOf(requirements, versionOf)}-${requirementsDigest(requirements)}`;
  const file = path.join('bin', 'python');
  const install = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--requirement'];
  return {
    entry,
    file,
    what: `fetching ${entry}`,
    takes: 'about a minute',
    async work(building, run) {
      const python = paths.python!;
      await run(`${path.basename(python)} venv`, [python, '-m', 'venv', building]);
      await run('python pip', [path.join(building, file), '-m', 'pip', ...install, requirementsFile(requirements)]);
    },
  };
}

/**
 * The jars in a POM with their dependencies. A distribution is unpacked instead, and the application of Keycloak is built
 * once, so that every start is fast.
 */
function mavenBuild(name: string, { pom, unpack }: MavenRecipe, paths: Paths): Build {
  const version = pomVersionOf(pom);
  const goal = (verb: string) => `org.apache.maven.plugins:maven-dependency-plugin:3.8.1:${verb}-dependencies`;
  const first = 'stdout';
  return {
    entry: `${name}-${version}`,
    file: '.',
    what: `fetching ${name} ${version}`,
    takes: unpack ? 'about two minutes' : 'some seconds',
    async work(building, run) {
      const maven = [paths.maven!, '-B', '-q', '-f', pomFile(pom)];
      const output = path.resolve(building);
      const into = `-DoutputDirectory=${output}`;
      if (!unpack) return run('Maven', [...maven, goal('copy'), '-DincludeScope=runtime', into], { first });
      // Maven does not unpack if its marker exists, so the marker is with the files and not next to the POM.
      const markers = `-DmarkersDirectory=${path.join(output, '.markers')}`;
      await run(path.basename(paths.maven!), [...maven, goal('unpack'), into, markers], { first });
      const distribution = keycloakDistribution(output);
      const build = keycloakArguments(distribution, distribution, ['build', '--db=dev-mem', '--health-enabled=true']);
      await run(path.basename(paths.java!), [paths.java!, ...build], { first });
    },
  };
}

/** Returns how a component is built or fetched with the tools at these paths. */
export function buildOf(name: string, recipe: Exclude<Recipe, { kind: 'system' }>, paths: Paths): Build {
  if (recipe.kind === 'go') return goBuild(name, recipe);
  return recipe.kind === 'python' ? pythonBuild(name, recipe, paths) : mavenBuild(name, recipe, paths);
}
