import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sallyportVersion as version } from '@sallyport/contracts';
import { readPage } from '../docs/read-page.ts';
import { runCommand } from '../harness/index.ts';

const commit = 'c0'.repeat(20);
const archive = `sallyport-${version}-linux-x64.tar.gz`;
const bill = `sallyport-${version}-linux-x64.cdx.json`;
const provenance = `sallyport-${version}.provenance.json`;

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-verify-'));
afterAll(() => rmSync(directory, { recursive: true }));
const made = path.join(directory, 'made');
const key = path.join(directory, 'key.pem');

const script = (name: string) => JSON.stringify(new URL(`../../../scripts/release/${name}.mjs`, import.meta.url).href);
// Describes and signs what is in a directory as `npm run release` does, which signs only a clean clone.
const program = `
  import { describeRelease } from ${script('describe-release')};
  import { readReleaseKeys } from ${script('release-keys')};
  const [out, signingKey, artifacts, release] = process.argv.slice(1);
  const keys = readReleaseKeys({ root: out, signingKey });
  describeRelease(out, JSON.parse(artifacts), { ...JSON.parse(release), keys });
`;

beforeAll(async () => {
  mkdirSync(made);
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
  writeFileSync(path.join(made, archive), 'an archive');
  const component = { 'bom-ref': 'pkg:npm/yaml@2.0.0', type: 'library', name: 'yaml', version: '2.0.0' };
  const artifacts = [{ name: archive, contents: [component] }];
  const more = { notes: 'notes', chosen: [], lock: '{}', seconds: 1_700_000_000 };
  const release = { version, repository: 'https://example.com/sallyport', commit, ...more };
  const args = [
    '--input-type=module',
    '--eval',
    program,
    made,
    key,
    JSON.stringify(artifacts),
    JSON.stringify(release),
  ];
  const { code, stderr } = await runCommand(process.execPath, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

/** Returns the one command of a page that begins and goes on like this, as it stands there. */
function commandOf(page: string, beginning: string): string {
  const lines = readPage(page).flatMap(({ language, text }) => (language === 'sh' ? text.split('\n') : []));
  const found = lines.filter((line) => line.startsWith(beginning));
  if (found.length !== 1) throw new Error(`${page} has ${found.length} commands that begin with "${beginning}"`);
  return found[0]!;
}
const releases = 'docs/operations/releases.md';
const install = 'docs/install.md';
const run = (command: string, cwd = made) => runCommand('sh', ['-c', command], { cwd });

/** Copies the release, for a test that alters it. */
function copyRelease(): string {
  const copy = mkdtempSync(path.join(directory, 'copy-'));
  cpSync(made, copy, { recursive: true });
  return copy;
}

describe('the commands of the pages about verifying a release', () => {
  it('verify the checksums with the public key, in a file or as a word', async () => {
    const fromFile = commandOf(releases, 'minisign -V -p minisign.pub -m SHA256SUMS');
    const line = readFileSync(path.join(made, 'minisign.pub'), 'utf8').trim().split('\n').at(-1)!;
    const fromWord = commandOf(install, 'minisign -V -P').replace('RW...', line);
    for (const command of [fromFile, fromWord])
      expect(await run(command)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`\nTrusted comment: sallyport ${version}\n`),
      });
  });

  it('verify each file with the checksums, and refuse one that was altered', async () => {
    const altered = copyRelease();
    appendFileSync(path.join(altered, archive), '!');
    for (const page of [releases, install]) {
      const command = commandOf(page, 'sha256sum --check');
      const { code, stdout } = await run(command);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: [bill, archive, `sallyport-${version}-notes.md`, provenance].map((name) => `${name}: OK\n`).join(''),
      });
      expect(await run(command, altered)).toMatchObject({ code: 1, stdout: expect.stringContaining('FAILED') });
    }
  });

  it('verify the provenance, which names the files and the commit, and refuse one that was altered', async () => {
    const signature = commandOf(releases, `minisign -V -p minisign.pub -m ${provenance}`);
    expect(await run(signature)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`\nTrusted comment: sallyport ${version} provenance\n`),
    });
    const altered = copyRelease();
    const text = readFileSync(path.join(altered, provenance), 'utf8');
    writeFileSync(path.join(altered, provenance), text.replaceAll(commit, 'd0'.repeat(20)));
    expect((await run(signature, altered)).code).not.toBe(0);

    expect(await run(commandOf(releases, "jq -r '.subject"))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${archive}: OK\n`),
    });
    expect(await run(commandOf(releases, 'jq -r .predicate'))).toMatchObject({ code: 0, stdout: `${commit}\n` });
  });

  it('show what is in an archive', async () => {
    expect(await run(commandOf(releases, "jq -r '.components"))).toMatchObject({ code: 0, stdout: 'yaml 2.0.0\n' });
  });

  it('do not take the signature of the provenance for that of the checksums', async () => {
    const swapped = copyRelease();
    cpSync(path.join(swapped, provenance), path.join(swapped, 'SHA256SUMS'));
    cpSync(path.join(swapped, `${provenance}.minisig`), path.join(swapped, 'SHA256SUMS.minisig'));
    const { stdout } = await run(commandOf(releases, 'minisign -V -p minisign.pub -m SHA256SUMS'), swapped);
    expect(stdout).toContain(`Trusted comment: sallyport ${version} provenance\n`);
    expect(stdout).not.toContain(`Trusted comment: sallyport ${version}\n`);
  });
});
