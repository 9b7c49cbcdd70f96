// Compares the packages that the Dockerfile copies into the image with those that its programs import.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';

const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');

const sorted = (names) => [...names].toSorted((a, b) => a.localeCompare(b));

/** Returns the packages of ours that a package needs to run, and itself. */
function withDependencies(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'));
  for (const other of Object.keys(dependencies))
    if (other.startsWith('@sallyport/')) withDependencies(other.slice('@sallyport/'.length), found);
  return found;
}
const needed = ['authenticate', 'authorize', 'proxy', 'audit'].reduce(
  (found, name) => withDependencies(name, found),
  new Set(),
);

describe('the image', () => {
  it('has every package that a service needs, and the command, which is a bundle', () => {
    const copied = /for name in ([a-z0-9 -]+); do/.exec(dockerfile)[1].split(' ');
    expect(sorted(copied)).toEqual(sorted([...needed, 'cli']));
  });

  it('installs what these packages depend on', () => {
    const installed = [...dockerfile.matchAll(/-w packages\/([a-z0-9-]+)/g)].map(([, name]) => name);
    expect(sorted(installed)).toEqual(sorted(needed));
  });
});
