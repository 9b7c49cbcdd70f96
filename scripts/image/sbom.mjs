// Lists what is in the image as a CycloneDX document (ECMA-424), which scanners for known faults read. `npm sbom` leaves
// out half of the packages of a workspace (npm 11.19), so the list comes from what npm has installed.
import process from 'node:process';

/** Returns the name of a package by its path in a lock file. The last part counts: packages can be within others. */
const nameOf = (place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Reads a digest in the form of Subresource Integrity, which lock files have. */
function hashesOf(integrity) {
  const [, bits, digest] = /^sha(\d+)-(.*)$/.exec(integrity ?? '') ?? [];
  return bits === undefined ? [] : [{ alg: `SHA-${bits}`, content: Buffer.from(digest, 'base64').toString('hex') }];
}

function npmComponent(place, { version, integrity, license }) {
  const name = nameOf(place);
  // An npm purl has the scope as its namespace, with the @ encoded.
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const licenses = license === undefined ? {} : { licenses: [licenseOf(license)] };
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl,
    hashes: hashesOf(integrity),
    ...licenses,
  };
}

const licenseOf = (license) => (/[ ()]/.test(license) ? { expression: license } : { license: { id: license } });

function debianComponent({ name, version, architecture, sha256 }) {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=bookworm`;
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  return { 'bom-ref': purl, type: 'library', name, version, scope: 'required', purl, hashes };
}

function nodeComponent({ version, integrity }) {
  const purl = `pkg:npm/node-linux-${process.arch}@${version}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return {
    'bom-ref': purl,
    type: 'platform',
    name: 'node',
    version,
    scope: 'required',
    purl,
    cpe,
    hashes: hashesOf(integrity),
  };
}

/**
 * Returns the list of an image. `installed` and `bundled` are entries of npm's lock files by their paths: what is in
 * node_modules, and what the bundle of the command line contains. `node` is that of Node.js, and `packages` are Debian's.
 * Has no time and no serial number, so that the same image has the same list.
 */
export function describeImage({ installed, bundled, node, packages, reference, digest, version }) {
  const ofNpm = [...Object.entries(installed), ...Object.entries(bundled)]
    .filter(([place, { link }]) => place.includes('node_modules/') && link !== true)
    .map(([place, entry]) => npmComponent(place, entry));
  const all = [nodeComponent(node), ...packages.map(debianComponent), ...ofNpm];
  const components = [...new Map(all.map((one) => [one['bom-ref'], one])).values()].toSorted((one, other) =>
    one['bom-ref'] < other['bom-ref'] ? -1 : 1,
  );
  const self = `${reference}@${digest}`;
  const hashes = [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { 'bom-ref': self, type: 'container', name: reference, version, hashes } },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((one) => one['bom-ref']) }],
  };
}
