import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import { authority, intermediate, leaf, leafKey, stranger } from '../testing/client-certificates.ts';
import { releaseName, writeReleaseDirectory } from '../testing/release-directory.ts';
import { checkAuthority, checkDownloads } from './check-downloads.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'authority-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function load(more: object): LoadedConfig {
  const config = configSchema.parse({ gateway: { url: 'http://127.0.0.1:1' }, ...more });
  const resolvePath = (file: string) => path.resolve(directory, file);
  return { config, resolvePath, file: 'x', place: () => ({}), files: [], fileOf: () => undefined } as never;
}
function check(caFile: string | undefined, certFile?: string) {
  if (caFile !== undefined) writeFileSync(path.join(directory, 'ca'), caFile);
  if (certFile !== undefined) writeFileSync(path.join(directory, 'cert'), certFile);
  const tls = certFile === undefined ? {} : { tls: { certFile: 'cert', keyFile: 'key' } };
  const url = 'http://127.0.0.1:1';
  return checkAuthority(load({ gateway: { url, ...tls, ...(caFile === undefined ? {} : { caFile: 'ca' }) } }));
}
const messages = (faults: { message: string }[]) => faults.map(({ message }) => message);

describe('the CA of the gateway', () => {
  it('may be missing, or that of the chain, directly or over intermediates', () => {
    expect(check(undefined, `${leaf}${intermediate}`)).toEqual([]);
    expect(check(authority, `${leaf}${intermediate}`)).toEqual([]);
    expect(check(intermediate, leaf)).toEqual([]);
    expect(check(`${stranger}${authority}`, `${leaf}${intermediate}`)).toEqual([]);
    expect(check(authority)).toEqual([]);
  });

  it.each([
    ['of another certificate', stranger, `${leaf}${intermediate}`, 'does not have the CA that issued'],
    ['without the certificates between them', authority, leaf, 'does not have the CA that issued'],
    ['in the wrong order', authority, `${leaf}${stranger}${intermediate}`, 'does not have the CA that issued'],
    ['that is a key', leafKey, undefined, 'has no certificate in PEM'],
    ['that is empty', '', undefined, 'has no certificate in PEM'],
  ])('is a fault if it is one %s', (_what, ca, cert, fault) => {
    expect(messages(check(ca, cert))).toEqual([expect.stringContaining(fault)]);
  });
});

describe('the directory of downloads', () => {
  const checked = (downloads: object) => checkDownloads(load({ downloads }));

  it('is checked only if there is one', async () => {
    expect(await checked({})).toEqual([]);
    expect(await checked({ url: 'https://files.example.com/sallyport/' })).toEqual([]);
  });

  it('has a fault for each file that would not be offered', async () => {
    const name = releaseName('.tgz');
    const release = writeReleaseDirectory({ [name]: 'npm' });
    expect(await checked({ directory: release })).toEqual([]);
    writeFileSync(path.join(release, name), 'other');
    expect(await checked({ directory: release })).toMatchObject([
      { path: 'downloads.directory', message: `${name} does not match its checksum in SHA256SUMS` },
    ]);
    rmSync(release, { recursive: true });
    expect(messages(await checked({ directory: release }))).toEqual(['SHA256SUMS cannot be read (ENOENT)']);
  });

  it.each([
    [{ directory: 'x', url: 'https://x.example.com' }, 'cannot be combined with directory'],
    [{ url: 'http://x.example.com' }, 'not an https URL'],
    [{ url: 'https://user:word@x.example.com' }, 'not an https URL'],
    [{ url: 'https://x.example.com/?token=1' }, 'not an https URL'],
    [{ url: 'javascript:alert(1)' }, 'not an https URL'],
    [{ directory: '' }, 'Too small'],
  ])('is refused in the configuration as %j', (downloads, fault) => {
    const { error } = configSchema.safeParse({ gateway: { url: 'http://127.0.0.1:1' }, downloads });
    expect(error?.issues.map(({ message }) => message).join()).toContain(fault);
  });
});
