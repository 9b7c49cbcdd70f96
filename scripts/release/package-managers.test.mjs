import { loadPrism } from '@ruby/prism';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { homebrewFormula, krewManifest } from './package-managers.mjs';
import { platforms } from './platforms.mjs';

const version = '1.2.3-rc.1';
const homepage = 'https://example.com/sallyport';
const unix = Object.keys(platforms).filter((one) => !one.startsWith('windows-'));
const archives = unix.map((platform, index) => [
  platform,
  {
    top: `sallyport-${version}-krew-${platform}`,
    url: `https://files.example.com/sallyport-${version}-krew-${platform}.tar.gz`,
    sha256: `${index}a`.repeat(32),
  },
]);

describe('the manifest for krew', () => {
  const manifest = parse(krewManifest({ archives, version, homepage }));

  // What krew's own validation requires (internal/index/validation), and the fields of its documentation.
  it('is one that krew takes', () => {
    expect(manifest).toMatchObject({
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'sallyport' },
    });
    const fields = ['version', 'homepage', 'shortDescription', 'description', 'caveats', 'platforms'];
    expect(Object.keys(manifest.spec)).toEqual(fields);
    expect(manifest.spec.version).toBe(`v${version}`);
    expect(manifest.spec.shortDescription).toMatch(/^[^\n\r]{1,50}$/);
    for (const platform of manifest.spec.platforms) {
      expect(Object.keys(platform)).toEqual(['selector', 'uri', 'sha256', 'files', 'bin']);
      expect(platform.sha256).toMatch(/^[a-f0-9]{64}$/);
      expect(platform.uri).toMatch(/^https:/);
      // krew refuses a path that is not clean.
      for (const { from, to } of platform.files)
        expect([from, to]).toEqual([expect.stringMatching(/^[^/].*\/\*$/), '.']);
    }
  });

  it('has each platform once, by the names of Go, with its own archive', () => {
    const found = manifest.spec.platforms.map(({ selector, uri, files }) => [
      selector.matchLabels.os,
      selector.matchLabels.arch,
      uri.split('-krew-')[1],
      files[0].from.split('-krew-')[1],
    ]);
    expect(found).toEqual([
      ['linux', 'amd64', 'linux-x64.tar.gz', 'linux-x64/*'],
      ['linux', 'arm64', 'linux-arm64.tar.gz', 'linux-arm64/*'],
      ['darwin', 'arm64', 'darwin-arm64.tar.gz', 'darwin-arm64/*'],
      ['darwin', 'amd64', 'darwin-x64.tar.gz', 'darwin-x64/*'],
    ]);
  });
});

describe('the formula for Homebrew', () => {
  let faultsOf;
  beforeAll(async () => {
    const prism = await loadPrism();
    faultsOf = (text) => prism(text).errors.map(({ message }) => message);
  });
  const formula = homebrewFormula({ archives, version, homepage });

  it('is valid Ruby, also for only some platforms, and with a URL that has odd characters', () => {
    expect(faultsOf(formula)).toEqual([]);
    expect(faultsOf(homebrewFormula({ archives: archives.slice(0, 1), version, homepage }))).toEqual([]);
    const odd = [['linux-x64', { url: 'https://example.com/#{exit}\\"', sha256: '0a' }]];
    expect(homebrewFormula({ archives: odd, version, homepage })).toContain(
      String.raw`url "https://example.com/\#{exit}\\\""`,
    );
    expect(faultsOf(formula.replace(/end\n$/, ''))).not.toEqual([]);
  });

  it('downloads for each system and processor the archive of it', () => {
    const block = /on_(macos|linux) do\n([^]*?)^ {2}end$/gm;
    const download = /on_(arm|intel) do\n {6}url "[^"]*-krew-(.*)\.tar\.gz"\n {6}sha256 "([0-9a-f]{64})"\n {4}end/g;
    const found = [...formula.matchAll(block)].flatMap(([, system, inside]) =>
      [...inside.matchAll(download)].map(([, processor, platform, sha256]) => [system, processor, platform, sha256]),
    );
    expect(found).toEqual([
      ['linux', 'intel', 'linux-x64', '0a'.repeat(32)],
      ['linux', 'arm', 'linux-arm64', '1a'.repeat(32)],
      ['macos', 'arm', 'darwin-arm64', '2a'.repeat(32)],
      ['macos', 'intel', 'darwin-x64', '3a'.repeat(32)],
    ]);
    const onlyLinux = homebrewFormula({ archives: archives.slice(0, 2), version, homepage });
    expect(onlyLinux).not.toContain('on_macos');
  });
});
