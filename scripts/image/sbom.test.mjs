import { describe, expect, it } from '@jest/globals';
import { describeImage } from './sbom.mjs';

const bill = {
  bomFormat: 'CycloneDX',
  serialNumber: 'urn:uuid:1',
  metadata: { timestamp: 'now', tools: [{ name: 'cli' }], component: { 'bom-ref': 'sallyport@0.1.0' } },
  components: [{ 'bom-ref': 'a@1' }, { 'bom-ref': 'b@1' }],
  dependencies: [
    { ref: 'sallyport@0.1.0', dependsOn: ['a@1'] },
    { ref: 'a@1', dependsOn: ['b@1'] },
    { ref: 'b@1', dependsOn: [] },
  ],
};
const packages = [{ name: 'libstdc++6', version: '1:12~2', architecture: 'amd64', sha256: 'ab' }];

describe('the list of what is in an image', () => {
  const listed = describeImage({
    bill,
    packages,
    node: '24.0.0',
    reference: 'x/sallyport',
    digest: 'sha256:cd',
    version: '1',
  });

  it('has the packages of npm and of Debian, and Node.js', () => {
    expect(listed.components.map((one) => one.purl ?? one['bom-ref'])).toEqual([
      'a@1',
      'b@1',
      `pkg:npm/node-linux-${process.arch}@24.0.0`,
      'pkg:deb/debian/libstdc%2B%2B6@1%3A12~2?arch=amd64&distro=bookworm',
    ]);
    expect(listed.components.at(-1).hashes).toEqual([{ alg: 'SHA-256', content: 'ab' }]);
  });

  it('is about the image, by its digest, of which everything is a part', () => {
    expect(listed.metadata.component).toMatchObject({ type: 'container', hashes: [{ content: 'cd' }] });
    const refs = listed.components.map((one) => one['bom-ref']);
    expect(listed.dependencies[0]).toEqual({ ref: 'x/sallyport@sha256:cd', dependsOn: refs });
    expect(
      listed.dependencies
        .slice(1)
        .map(({ ref }) => ref)
        .toSorted(),
    ).toEqual(refs.toSorted());
  });

  it('is the same for the same image: it has no time and no serial number', () => {
    expect(listed).not.toHaveProperty('serialNumber');
    expect(listed.metadata).not.toHaveProperty('timestamp');
  });
});
