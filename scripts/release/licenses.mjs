import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Returns the section of a readme that has the license, for packages that have it nowhere else. */
function licenseInReadme(directory) {
  const file = readdirSync(directory).find((one) => /^readme\.md$/i.test(one));
  if (file === undefined) return undefined;
  return /^##\s*licen[cs]e(?:\s*\([^)]*\))?\s*$([^]*?)(?=^##\s|(?![^]))/im.exec(
    readFileSync(path.join(directory, file), 'utf8'),
  )?.[1];
}

function licenseOf(directory) {
  const file = readdirSync(directory).find((one) => /^(?:un)?licen[cs]e(?:\.(?:md|txt))?$/i.test(one));
  const text = file === undefined ? licenseInReadme(directory) : readFileSync(path.join(directory, file), 'utf8');
  // A readme may only name the license. The Unlicense gives the copyright up.
  return text !== undefined && /copyright|unlicense/i.test(text) ? text.trim() : undefined;
}

const manifestOf = (directory) => JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));

/**
 * Returns the license of a package beside this one that comes from the same repository under the same license. Some
 * repositories publish the text with only some of their packages.
 */
function licenseBeside(directory, { license, repository }) {
  if (repository?.url === undefined) return undefined;
  const scope = path.dirname(directory);
  const isSibling = (other) => {
    const beside = existsSync(path.join(other, 'package.json')) ? manifestOf(other) : {};
    return beside.license === license && beside.repository?.url === repository.url;
  };
  const siblings = readdirSync(scope).map((name) => path.join(scope, name));
  return siblings.filter(isSibling).map(licenseOf).find(Boolean);
}

/** Returns the licenses of the packages in these directories as one text. Fails if a package has none. */
export function licensesOf(directories) {
  const parts = directories.map((directory) => {
    const manifest = manifestOf(directory);
    const { name, version } = manifest;
    const text = licenseOf(directory) ?? licenseBeside(directory, manifest);
    if (text === undefined) throw new Error(`the package ${name} has no license text`);
    return { title: `${name} ${version}`, text };
  });
  const sorted = parts.toSorted((one, other) => (one.title < other.title ? -1 : 1));
  return `The program contains these packages, under the licenses below.\n${sorted
    .map(({ title, text }) => `\n${'-'.repeat(80)}\n${title}\n\n${text}\n`)
    .join('')}`;
}
