import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '@sallyport/kit';
import { checkAcme } from './check-acme.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-check-acme-'));
  writeFileSync(path.join(directory, 'key'), 'bWFj-LWtleQ_=\n');
  writeFileSync(path.join(directory, 'bad'), 'not a key!');
});
afterAll(() => rmSync(directory, { recursive: true }));

const staging = 'https://acme-staging-v02.api.letsencrypt.org/directory';
const own = 'https://ca.corp.internal/acme/directory';
function faults(url: string, acme: object, more: object = {}): string[] {
  const text = JSON.stringify({ gateway: { url, tls: { acme: { agreeToTerms: true, ...acme } } }, ...more });
  const loaded = readConfig(text, path.join(directory, 'sallyport.yaml'), {});
  return checkAcme(loaded).map(({ path: at, message }) => `${at}: ${message}`);
}

describe('the check of gateway.tls.acme', () => {
  it.each([
    'https://localhost:8443',
    'https://gate',
    'https://gate.localhost',
    'https://gate.corp.internal',
    'https://gate.local',
    'https://gate.home.arpa',
    'https://gate.test',
  ])("reports that Let's Encrypt has no certificate for %s, where its name is in the configuration", (url) => {
    const message = expect.stringMatching(/^gateway\.url: is not a name of the public DNS/);
    expect(faults(url, {})).toEqual([message]);
    expect(faults(url, { directory: staging })).toEqual([message]);
    expect(faults(url, { directory: own })).toEqual([]);
  });

  it.each(['https://192.0.2.1', 'https://[2001:db8::1]:8443', 'https://127.0.0.1:8443'])(
    'reports the IP address %s at every ACME server',
    (url) => {
      for (const directory of [staging, own])
        expect(faults(url, { directory })).toEqual([expect.stringMatching(/^gateway\.url: is an IP address/)]);
    },
  );

  it('names the place of each name', () => {
    const clusters = [{ name: 'dev', server: 'https://10.0.0.1', token: 't', host: 'dev' }];
    const routes = [{ from: 'https://app.internal', to: 'http://app:80' }];
    expect(faults('https://gate.example.com', {}, { clusters, routes })).toEqual([
      expect.stringMatching(/^clusters\.0\.host: /),
      expect.stringMatching(/^routes\.0\.from: /),
    ]);
    expect(faults('https://gate', { domains: ['gate.example.com', 'gate'] })).toEqual([
      expect.stringMatching(/^gateway\.tls\.acme\.domains\.1: /),
    ]);
  });

  it('reads the files of the ACME server', () => {
    const externalAccount = (macKeyFile: string) => ({ externalAccount: { keyId: 'k', macKeyFile } });
    expect(faults('https://gate.example.com', externalAccount('key'))).toEqual([]);
    expect(faults('https://gate.example.com', { ...externalAccount('bad'), caFile: 'bad' })).toEqual([
      'gateway.tls.acme.caFile: is not a certificate in PEM',
      'gateway.tls.acme.externalAccount.macKeyFile: is not a key in base64url, as the CA shows it',
    ]);
    expect(faults('https://gate.example.com', externalAccount('none'))).toEqual([
      'gateway.tls.acme.externalAccount.macKeyFile: cannot be read (ENOENT)',
    ]);
  });
});
