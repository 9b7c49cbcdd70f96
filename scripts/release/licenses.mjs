import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Returns the licenses of the packages in these directories as one text. Fails if a package has none. */
export function licensesOf(directories) {
  const parts = directories.map((directory) => {
    const { name, version } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    const file = readdirSync(directory).find((one) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(one));
    if (file === undefined) throw new Error(`the package ${name} has no license file`);
    return { title: `${name} ${version}`, text: readFileSync(path.join(directory, file), 'utf8').trim() };
  });
  const sorted = parts.toSorted((one, other) => (one.title < other.title ? -1 : 1));
  return `The program contains these packages, under the licenses below.\n${sorted
    .map(({ title, text }) => `\n${'-'.repeat(80)}\n${title}\n\n${text}\n`)
    .join('')}`;
}
