// Writes the version of a release wherever it stands outside of the packages. `lerna version` runs it (the script
// `version` of the root) when it has set the versions of the packages, and puts what it changes into the same commit.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The files that have the version, apart from those that lerna knows. */
export const filesWithVersion = [
  'package.json',
  'package-lock.json',
  'packages/contracts/src/sallyport-version.ts',
  'Dockerfile',
  'charts/sallyport/Chart.yaml',
  'charts/sallyport/values.yaml',
  'charts/sallyport/README.md',
  'charts/sallyport-connector/Chart.yaml',
  'k8s/base/kustomization.yaml',
  'docs/install.md',
  'docs/install-small.md',
  'docs/operations/first-cluster.md',
  'docs/operations/image.md',
  'docs/operations/releases.md',
];

/** How the version stands in a file: behind a name and at the end of a word. A version of another thing stays. */
function patternOf(file, version) {
  const own = version.replaceAll('.', '\\.');
  // The lock file has the version of the root twice in its first lines, and many versions of others.
  return file.endsWith('.json')
    ? new RegExp(
        `(^\\{\\n {2}"name": "sallyport",\\n {2}"version": "|^ {4}"": \\{\\n {6}"name": "sallyport",\\n {6}"version": ")${own}(?=")`,
        'gm',
      )
    : new RegExp(`(sallyport[-: ]|ersion: |VERSION=|newTag: |tag: |sallyportVersion = ')${own}(?!\\.?\\d)`, 'gm');
}

/** Replaces the version in a text. Throws if the text does not have it, so that no place is forgotten. */
export function replaceVersion(file, text, from, to) {
  if (!patternOf(file, from).test(text)) throw new Error(`${file} does not have the version ${from}`);
  return text.replaceAll(patternOf(file, from), (_all, before) => before + to);
}

/** Where the changes of a version are described: what the heading is before, and with the version and the day. */
const pagesWithUnreleased = {
  'CHANGELOG.md': (version, day) => ['## Unreleased', `## ${version}, ${day}`],
  'docs/operations/upgrade.md': (version) => ['### Unreleased', `### ${version}`],
};

/** Gives what is not released yet its version and date. Throws if nothing is. */
export function dateChanges(page, text, version, day) {
  const [before, after] = pagesWithUnreleased[page](version, day);
  const dated = text.replace(new RegExp(`^${before}$`, 'm'), after);
  if (dated === text)
    throw new Error(`${page} has no section "Unreleased". Add it, with what users and operators must know`);
  return dated;
}

/** Reports whether a version has its date. */
export const isReleased = (changelog, version) =>
  changelog.split('\n').some((line) => line.startsWith(`## ${version}, `));

const read = (file) => readFileSync(path.join(root, file), 'utf8');

/** Writes the version of the packages everywhere else, and adds the files to the commit. */
function setVersion(from, to) {
  const today = new Date().toISOString().slice(0, 10);
  const texts = [
    ...filesWithVersion.map((file) => [file, replaceVersion(file, read(file), from, to)]),
    ...Object.keys(pagesWithUnreleased).map((page) => [page, dateChanges(page, read(page), to, today)]),
    // lerna writes it without the end of the last line.
    ['lerna.json', `${read('lerna.json').trimEnd()}\n`],
  ];
  for (const [file, text] of texts) writeFileSync(path.join(root, file), text);
  execFileSync('git', ['add', ...texts.map(([file]) => file)], { cwd: root });
}

if (fileURLToPath(import.meta.url) === process.argv[1])
  setVersion(JSON.parse(read('package.json')).version, JSON.parse(read('lerna.json')).version);
