import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { sallyportVersion } from '@sallyport/contracts';
import { digestOf, releaseName, writeReleaseDirectory } from '../testing/release-directory.ts';
import { readRelease } from './read-release.ts';

const archive = releaseName('-linux-x64.tar.gz');
const npm = releaseName('.tgz');
const made: string[] = [];
afterEach(() => {
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true });
});
function write(...args: Parameters<typeof writeReleaseDirectory>): string {
  const directory = writeReleaseDirectory(...args);
  made.push(directory);
  return directory;
}
const read = async (directory: string) => {
  const { files, faults } = await readRelease(directory, sallyportVersion);
  return { names: [...files.keys()], faults, files };
};

describe('a release', () => {
  it('has the files whose checksums match, the checksums, and their signature if there is one', async () => {
    const directory = write({ [archive]: 'archive', [npm]: 'npm', [releaseName('-chart.tgz')]: 'chart' });
    const unsigned = await read(directory);
    expect(unsigned).toMatchObject({ names: [archive, npm, releaseName('-chart.tgz'), 'SHA256SUMS'], faults: [] });
    expect(unsigned.files.get(npm)).toMatchObject({ size: 3, sha256: digestOf('npm'), versioned: true });
    writeFileSync(path.join(directory, 'SHA256SUMS.minisig'), 'signature');
    const { names, files } = await read(directory);
    expect(names.slice(-2)).toEqual(['SHA256SUMS', 'SHA256SUMS.minisig']);
    expect(files.get('SHA256SUMS.minisig')).toMatchObject({ versioned: false, sha256: digestOf('signature') });
  });

  it('has what describes its files, too', async () => {
    const ends = ['.cdx.json', '-linux-x64.cdx.json', '-server-linux-x64.cdx.json', '-connector-chart.cdx.json'];
    const more = ['-krew-darwin-arm64.tar.gz', '.provenance.json', '-notes.md', '-krew.yaml', '-homebrew.rb'];
    const names = [...ends, ...more].map(releaseName);
    const directory = write(Object.fromEntries(names.map((name) => [name, name])));
    expect(await read(directory)).toMatchObject({ names: [...names, 'SHA256SUMS'], faults: [] });
  });

  it('lacks a file that is missing, that differs, or that is of another version', async () => {
    const older = 'sallyport-0.0.9-linux-x64.tar.gz';
    const beta = `sallyport-${sallyportVersion}-beta.tgz`;
    const directory = write({ [archive]: 'archive', [npm]: 'npm', [older]: 'old', [beta]: 'beta' });
    writeFileSync(path.join(directory, archive), 'archivE');
    rmSync(path.join(directory, npm));
    expect(await read(directory)).toMatchObject({
      names: ['SHA256SUMS'],
      faults: [
        `${archive} does not match its checksum in SHA256SUMS`,
        `${npm} cannot be read (ENOENT)`,
        `${older} is not a file of version ${sallyportVersion}`,
        `${beta} is not a file of version ${sallyportVersion}`,
      ],
    });
  });

  it.each([
    ['no directory', undefined, 'SHA256SUMS cannot be read (ENOENT)'],
    ['an HTML page', '<html>', 'SHA256SUMS is not a list of checksums (line 1: 64 digits, two spaces and a name)'],
    ['nothing', '', 'SHA256SUMS is not a list of checksums (line 1: 64 digits, two spaces and a name)'],
    ['a name twice', `${'0'.repeat(64)}  a\n`.repeat(2), 'SHA256SUMS lists a twice'],
    ['a megabyte', 'x'.repeat(1e6), 'SHA256SUMS is larger than 64 KiB'],
  ])('is empty with %s as its checksums', async (_what, sums, fault) => {
    const directory = write({ [npm]: 'npm' });
    if (sums === undefined) rmSync(directory, { recursive: true });
    else writeFileSync(path.join(directory, 'SHA256SUMS'), sums);
    expect(await read(directory)).toMatchObject({ names: [], faults: [fault] });
  });

  it.each(['../secret', '/etc/passwd', 'sub/x', '.hidden', `../${npm}`, `sub/${npm}`, '..'])(
    'never has a file that is named by a path: %s',
    async (name) => {
      const directory = write({ [npm]: 'npm' }, `${digestOf('npm')}  ${name}\n`);
      const { names, faults } = await read(directory);
      expect({ names, faults }).toEqual({
        names: [npm, 'SHA256SUMS'],
        faults: [`${name} is not a file of version ${sallyportVersion}`],
      });
    },
  );

  it('never has what is outside of its directory, or no file', async () => {
    const elsewhere = write({ [npm]: 'npm' });
    const directory = write({ [npm]: 'npm', [archive]: 'archive' });
    rmSync(path.join(directory, npm));
    symlinkSync(path.join(elsewhere, npm), path.join(directory, npm));
    rmSync(path.join(directory, archive));
    mkdirSync(path.join(directory, archive));
    expect(await read(directory)).toMatchObject({
      names: ['SHA256SUMS'],
      faults: [`${npm} is a link out of the directory`, `${archive} is not a file`],
    });
    rmSync(path.join(directory, 'SHA256SUMS'));
    symlinkSync(path.join(elsewhere, 'SHA256SUMS'), path.join(directory, 'SHA256SUMS'));
    expect((await read(directory)).faults).toEqual(['SHA256SUMS is a link out of the directory']);
  });

  it('may be in a volume of Kubernetes, whose files are links within it', async () => {
    const directory = write({ [npm]: 'npm' });
    mkdirSync(path.join(directory, '..data'));
    for (const name of [npm, 'SHA256SUMS']) {
      renameSync(path.join(directory, name), path.join(directory, '..data', name));
      symlinkSync(path.join('..data', name), path.join(directory, name));
    }
    expect(await read(directory)).toMatchObject({ names: [npm, 'SHA256SUMS'], faults: [] });
  });
});
