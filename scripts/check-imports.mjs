// Checks which packages each file imports: only those that the package.json of its own package names. `npm run lint`
// runs it. A new package needs no entry here. Node.js and the compiler check subpaths, by the `exports` of a package.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { importsOf } from './check-layout.mjs';
import { root } from './bootstrap.mjs';

const ours = '@sallyport/';

/** Who may depend on a package, where that is less than everyone. The tests in test-e2e and bench use all of them. */
const dependents = [
  {
    packages: ['authenticate', 'authorize', 'proxy', 'audit'],
    by: ['standalone', 'cli'],
    reason: 'The services talk over HTTP, so that each is deployed and upgraded on its own.',
  },
  { packages: ['standalone', 'cli'], by: [], reason: 'They put the others together.' },
  { packages: ['bed', 'practice-cluster'], by: ['standalone'], reason: 'They are for tests and the demo.' },
];

/** What a package imports of one that it depends on, where that is less than all. */
const doors = [
  {
    package: 'cli',
    of: ['authenticate', 'authorize', 'proxy', 'audit'],
    only: ['authenticate/check', 'authorize/check', 'proxy/check', 'audit/check', 'audit/stored-trail'],
    reason: 'The command checks a configuration as the services do and reads an embedded audit store. It runs neither.',
  },
  {
    package: 'proxy',
    of: ['policy'],
    only: [],
    reason: 'Only the thread that reads the configuration loads the engine. It is told where to find it.',
  },
];

const bare = /^(?:(?:import|export)\b[^'"`;]*?\bfrom|\} from|import) '([^'.][^']*)'|\bimport\('([^'.][^']*)'/gm;
const resolved = /\bimport\.meta\.resolve\('([^'.][^']*)'/g;

/** Returns the packages that a source text imports, and those that it only resolves, without what Node.js brings. */
export function packagesIn(text) {
  const code = text.replaceAll(/^\s*(?:\/\/|\*).*$/gm, '');
  const all = (pattern) =>
    [...code.matchAll(pattern)].map(([, one, other]) => one ?? other).filter((name) => !name.startsWith('node:'));
  return { imported: all(bare), resolved: all(resolved) };
}

const nameOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
const workspaceOf = (file) => /^(?:packages\/[^/]+|test-e2e|bench)(?=\/)/.exec(file)?.[0];
const isShipped = (file) =>
  /^packages\/[^/]+\/(?:src|bin)\//.test(file) && !/\.(?:test|suite|conformance|bed)\.ts$|\/testing\//.test(file);

/** Returns what is wrong with the imports of one file of a workspace. */
export function faultsOfFile(file, text, manifest, development) {
  const workspace = workspaceOf(file);
  const { imported, resolved: only } = packagesIn(text);
  const shipped = isShipped(file);
  const known = { ...manifest.dependencies, ...(shipped ? {} : { ...manifest.devDependencies, ...development }) };
  const door = doors.find((one) => workspace === `packages/${one.package}`);
  const isClosed = (name) =>
    door?.of.some((one) => nameOf(name) === ours + one) && !door.only.includes(name.slice(ours.length));
  return [
    ...[...imported, ...only]
      .filter((name) => !Object.hasOwn(known, nameOf(name)))
      .map(
        (name) =>
          `${file} imports ${name}: name it in the ${shipped ? 'dependencies' : 'package.json'} of ${workspace}`,
      ),
    ...imported.filter(isClosed).map((name) => `${file} imports ${name}: ${door.reason}`),
    ...imported
      .filter((name) => shipped && name.startsWith(ours) && name.endsWith('/testing'))
      .map((name) => `${file} imports ${name}: it is for tests`),
    ...importsOf(file, text)
      .filter((to) => !to.startsWith(`${workspace}/`) && (shipped || !to.startsWith('scripts/')))
      .map((to) => `${file} imports ${to}: import another package by its name`),
  ];
}

/** Returns what is wrong with the dependencies of a workspace, and with the packages that its compiler builds first. */
export function faultsOfManifest(workspace, manifest, references) {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter((name) => name.startsWith(ours))
    .map((name) => name.slice(ours.length));
  const own = /^packages\/(.*)/.exec(workspace)?.[1];
  const referenced = references.map((reference) => path.posix.basename(reference));
  return [
    ...dependents.flatMap(({ packages, by, reason }) =>
      names
        .filter((name) => own !== undefined && packages.includes(name) && !by.includes(own))
        .map((name) => `${workspace} depends on ${name}: ${reason}`),
    ),
    ...names
      .filter((name) => !referenced.includes(name))
      .map((name) => `${workspace}/tsconfig.json lacks a reference to ${name}`),
    ...referenced
      .filter((name) => !names.includes(name))
      .map((name) => `${workspace}/tsconfig.json refers to ${name}, which its package.json does not name`),
  ];
}

if (import.meta.filename === process.argv[1]) {
  const read = (file) => readFileSync(path.join(root, file), 'utf8');
  const list = [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '*.ts',
    '*.tsx',
    '*.mjs',
    '*.js',
    '*/package.json',
  ];
  const files = execFileSync('git', list, { cwd: root, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    .split('\n')
    .filter((file) => workspaceOf(file) !== undefined && existsSync(path.join(root, file)));
  const workspaces = files.filter((file) => file === `${workspaceOf(file)}/package.json`).map(workspaceOf);
  const manifests = new Map(workspaces.map((one) => [one, JSON.parse(read(`${one}/package.json`))]));
  const development = JSON.parse(read('package.json')).devDependencies;
  const faults = [
    ...workspaces.flatMap((one) => {
      const { references = [] } = JSON.parse(read(`${one}/tsconfig.json`));
      return faultsOfManifest(
        one,
        manifests.get(one),
        references.map((reference) => reference.path),
      );
    }),
    ...files
      .filter((file) => !file.endsWith('.json'))
      .flatMap((file) => faultsOfFile(file, read(file), manifests.get(workspaceOf(file)), development)),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`Imports: ${workspaces.length} packages import only what their package.json names.`);
}
