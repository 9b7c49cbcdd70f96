import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { describeImage } from './sbom.mjs';

const sha512 = `sha512-${Buffer.from('ab', 'hex').toString('base64')}`;
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
  node: { version: '24.0.0', integrity: sha512 },
  packages: [{ name: 'libstdc++6', version: '1:12~2', architecture: 'amd64', sha256: 'ab' }],
  reference: 'x/sallyport',
  digest: 'sha256:cd',
  version: '1',
});

describe('the list of what is in an image', () => {
  it('has each package of npm and of Debian once, and Node.js', () => {
    expect(listed.components.map((one) => one.purl)).toEqual([
      'pkg:deb/debian/libstdc%2B%2B6@1%3A12~2?arch=amd64&distro=bookworm',
      'pkg:npm/%40x/b@2.0.0',
      'pkg:npm/a@1.0.0',
      'pkg:npm/c@3.0.0',
      `pkg:npm/node-linux-${process.arch}@24.0.0`,
    ]);
  });

  it('has digests and licenses', () => {
    const [debian, within, a] = listed.components;
    expect(debian.hashes).toEqual([{ alg: 'SHA-256', content: 'ab' }]);
    expect(a).toMatchObject({ hashes: [{ alg: 'SHA-512', content: 'ab' }], licenses: [{ license: { id: 'MIT' } }] });
    expect(within.licenses).toEqual([{ expression: '(MIT OR Apache-2.0)' }]);
  });

  it('is about the image, by its digest, of which everything is a part', () => {
    expect(listed.metadata.component).toMatchObject({ type: 'container', hashes: [{ content: 'cd' }] });
    const refs = listed.components.map((one) => one['bom-ref']);
    expect(listed.dependencies).toEqual([{ ref: 'x/sallyport@sha256:cd', dependsOn: refs }]);
  });
});
