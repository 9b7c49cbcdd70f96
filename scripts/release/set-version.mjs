// Writes the version of a release wherever it stands outside of the packages. `lerna version` runs it (the script
// `version` of the root) when it has set the versions of the packages, and puts what it changes into the same commit.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '../..');

/** The files that have the version, apart from those that lerna knows. */
export const filesWithVersion = [
  'package.json',
  'package-lock.json',
  'packages/contracts/src/sallyport-version.ts',
  'Dockerfile',
  'charts/sallyport/Chart.yaml',
  'charts/sallyport/values.yaml',
  'charts/sallyport/README.md',
  'k8s/base/kustomization.yaml',
  'docs/install.md',
  'docs/install-small.md',
  'docs/operations/image.md',
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
    : new RegExp(`(sallyport[-:]|ersion: |VERSION=|newTag: |sallyportVersion = ')${own}(?!\\.?\\d)`, 'gm');
}

/** Replaces the version in a text. Throws if the text does not have it, so that no place is forgotten. */
export function replaceVersion(file, text, from, to) {
  const replaced = text.replaceAll(patternOf(file, from), (_all, before) => before + to);
  if (replaced === text) throw new Error(`${file} does not have the version ${from}`);
  return replaced;
}

/** Gives what is not released yet its version and date. Throws if nothing is. */
export function dateChanges(changelog, version, day) {
  const dated = changelog.replace(/^## Unreleased$/m, `## ${version}, ${day}`);
  if (dated === changelog) throw new Error('CHANGELOG.md has no section "Unreleased"');
  return dated;
}

if (import.meta.filename === process.argv[1]) {
  const read = (file) => readFileSync(path.join(root, file), 'utf8');
  const { version: from } = JSON.parse(read('package.json'));
  const { version: to } = JSON.parse(read('lerna.json'));
  const texts = filesWithVersion.map((file) => [file, replaceVersion(file, read(file), from, to)]);
  texts.push(['CHANGELOG.md', dateChanges(read('CHANGELOG.md'), to, new Date().toISOString().slice(0, 10))]);
  // lerna writes it without the end of the last line.
  texts.push(['lerna.json', `${read('lerna.json').trimEnd()}\n`]);
  for (const [file, text] of texts) writeFileSync(path.join(root, file), text);
  execFileSync('git', ['add', ...texts.map(([file]) => file)], { cwd: root });
}
