// Lists what is in the image.
import { billOfMaterials, nodeComponent, npmComponents } from '../release/bill-of-materials.mjs';

function debianComponent({ name, version, architecture, sha256 }) {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=bookworm`;
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  return { 'bom-ref': purl, type: 'library', name, version, scope: 'required', purl, hashes };
}

/**
 * Returns the list of an image as a CycloneDX document. `installed` and `bundled` are entries of npm's lock files by their
 * paths: what is in node_modules, and what the bundles contain. `packages` are Debian's. `lock` is package-lock.json, which
 * has the Node.js for `platform`.
 */
export function describeImage({ installed, bundled, packages, platform, lock, reference, digest, version, seconds }) {
  const component = {
    'bom-ref': `${reference}@${digest}`,
    type: 'container',
    name: reference,
    version,
    hashes: [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }],
  };
  const ofNpm = npmComponents({ ...installed, ...bundled });
  const contents = [nodeComponent(platform, lock), ...packages.map(debianComponent), ...ofNpm];
  return billOfMaterials({ component, contents, seconds });
}
