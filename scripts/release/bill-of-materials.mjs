// Lists what is in an artifact as a CycloneDX document (ECMA-424), which scanners for known faults read. `npm sbom` leaves
// out half of the packages of a workspace (npm 11.19), so the lists come from what was bundled and installed.
import { createHash } from 'node:crypto';
import { licensed, platforms } from './platforms.mjs';

/** Returns the name of a package by its path in a lock file. The last part counts: packages can be within others. */
const nameOf = (place) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Reads a digest in the form of Subresource Integrity, which lock files have. */
function hashesOf(integrity) {
  const [, bits, digest] = /^sha(\d+)-(.*)$/.exec(integrity ?? '') ?? [];
  return bits === undefined ? [] : [{ alg: `SHA-${bits}`, content: Buffer.from(digest, 'base64').toString('hex') }];
}

const licensesOf = (license) => [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }];

function npmComponent(place, { version, integrity, license }) {
  const name = nameOf(place);
  // An npm purl has the scope as its namespace, with the @ encoded.
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  return {
    'bom-ref': purl,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl,
    hashes: hashesOf(integrity),
    ...(license === undefined ? {} : { licenses: licensesOf(license) }),
  };
}

/** Returns the components of packages, which are entries of npm's lock files by their paths. Leaves out those of ours. */
export const npmComponents = (entries) =>
  Object.entries(entries)
    .filter(([place, { link }]) => place.includes('node_modules/') && link !== true)
    .map(([place, entry]) => npmComponent(place, entry));

/** Returns where the Node.js for a platform comes from: the version, the purl and the digest of its package. */
export function nodeOrigin(platform, lock) {
  const { npm, wheel } = platforms[platform];
  if (wheel !== undefined) {
    const purl = `pkg:pypi/${wheel.package}@${wheel.version}?file_name=${encodeURIComponent(wheel.file)}`;
    return { version: wheel.version, purl, hashes: [{ alg: 'SHA-256', content: wheel.sha256 }] };
  }
  const { version, integrity } = lock.packages[`node_modules/${npm}`];
  return { version, purl: `pkg:npm/${npm}@${version}`, hashes: hashesOf(integrity) };
}

/** Returns the component of the Node.js for a platform. `lock` is package-lock.json. */
export function nodeComponent(platform, lock) {
  const { version, purl, hashes } = nodeOrigin(platform, lock);
  return {
    'bom-ref': purl,
    type: 'platform',
    name: 'node',
    version,
    scope: 'required',
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes,
    licenses: licensesOf(lock.packages[`node_modules/${licensed}`].license),
  };
}

/** Returns a UUID that the text decides (version 8 of RFC 9562), so that the same list has the same serial number. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Returns the list of what is in an artifact. `component` is the artifact itself, and `contents` are its components. The
 * time is that of the sources, in `seconds` since 1970, or none.
 */
export function billOfMaterials({ component, contents, seconds }) {
  const components = [...new Map(contents.map((one) => [one['bom-ref'], one])).values()].toSorted((one, other) =>
    one['bom-ref'] < other['bom-ref'] ? -1 : 1,
  );
  const self = component['bom-ref'];
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { ...(seconds === undefined ? {} : { timestamp: new Date(seconds * 1000).toISOString() }), component },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((one) => one['bom-ref']) }],
  };
  const { $schema, bomFormat, specVersion, ...rest } = bill;
  return { $schema, bomFormat, specVersion, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(bill))}`, ...rest };
}
