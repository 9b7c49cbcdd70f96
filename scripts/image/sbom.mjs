// Lists what is in the image as a CycloneDX document (ECMA-424), which scanners for known faults read.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { installArguments } from '../../deploy/image/packages.mjs';
import { manifestFiles } from './layers.mjs';

const run = promisify(execFile);

/** Returns npm's own list of the packages that the services depend on, from the lock file. */
export async function npmBill({ root, cache }) {
  const work = mkdtempSync(path.join(cache, 'sbom-'));
  try {
    for (const file of manifestFiles(root)) {
      mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
      copyFileSync(path.join(root, file), path.join(work, file));
    }
    const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', ...installArguments(root)];
    const { stdout } = await run('npm', args, { cwd: work, maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`npm sbom failed. It needs npm 10 or newer.\n${error.stderr ?? error.message}`, { cause: error });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function debianComponent({ name, version, architecture, sha256 }) {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=bookworm`;
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  return { 'bom-ref': purl, type: 'library', name, version, scope: 'required', purl, hashes };
}

function nodeComponent(version) {
  const purl = `pkg:npm/node-linux-${process.arch}@${version}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return { 'bom-ref': purl, type: 'platform', name: 'node', version, scope: 'required', purl, cpe };
}

/**
 * Returns the list of an image: npm's `bill`, the Debian `packages`, and Node.js. Without the time and the serial number
 * that npm adds, so that the same image has the same list.
 */
export function describeImage({ bill, packages, node, reference, digest, version }) {
  const { serialNumber: _serial, metadata, components, dependencies, ...rest } = bill;
  const { timestamp: _time, component: _project, ...more } = metadata;
  const [added, self] = [[nodeComponent(node), ...packages.map(debianComponent)], `${reference}@${digest}`];
  const refs = [...components, ...added].map((one) => one['bom-ref']);
  // npm's first entry is what the project needs directly. Of the image, everything is a part.
  const others = dependencies.filter(({ ref }) => components.some((one) => one['bom-ref'] === ref));
  return {
    ...rest,
    metadata: {
      ...more,
      component: { 'bom-ref': self, type: 'container', name: reference, version, hashes: hashesOf(digest) },
    },
    components: [...components, ...added],
    dependencies: [
      { ref: self, dependsOn: refs },
      ...others,
      ...added.map((one) => ({ ref: one['bom-ref'], dependsOn: [] })),
    ],
  };
}

function hashesOf(digest) {
  return [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }];
}
