// Names the packages in the image. The Dockerfile and `npm run image` both ask here.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The services and the connector, by their directory in packages/. */
export const programs = ['authenticate', 'authorize', 'proxy', 'audit', 'connector'];

/** Returns the packages of ours that the programs need to run, and the programs, by their directory in packages/. */
export function servicePackages(root) {
  const found = new Set();
  const add = (name) => {
    if (found.has(name)) return;
    found.add(name);
    const manifest = JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'));
    for (const other of Object.keys(manifest.dependencies ?? {}))
      if (other.startsWith('@sallyport/')) add(other.slice('@sallyport/'.length));
  };
  programs.forEach(add);
  return [...found].sort((one, other) => (one < other ? -1 : 1));
}

/** Returns the arguments with which npm installs only what these packages depend on, for production. */
export function installArguments(root) {
  const workspaces = servicePackages(root).flatMap((name) => ['-w', `packages/${name}`]);
  return ['--ignore-scripts', '--omit=dev', '--omit=optional', ...workspaces];
}
