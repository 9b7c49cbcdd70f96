import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keyIdOf } from '@sallyport/audit-proof';
import { readConfig } from '@sallyport/kit';
import { checkCheckpoints, loadCheckpointKeys } from './checkpoint-keys.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-checkpoints-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (checkpoints: string) => {
  const service = '{publicKey: MCowBQYDK2VwAyEA22aUbPCqMirDT0ClgdQuiCwS4Gjt9W3mHvFlUm2L0fo=, keyFile: x}';
  const text = [
    'gateway: {url: "http://127.0.0.1:8443"}',
    `services: {authenticate: ${service}, authorize: ${service}, audit: ${service}, proxy: ${service}}`,
    'sessions: {memory: true}',
    `audit: {checkpoints: ${checkpoints}}`,
    'identity: {providers: [{id: corp, issuer: "http://127.0.0.1:9", clientId: c, allowInsecureIssuer: true}]}',
  ].join('\n');
  return readConfig(text, path.join(directory, 'sallyport.yaml'), {});
};
const faults = (checkpoints: string) =>
  checkCheckpoints(load(checkpoints)).map(({ path: at, message }) => `${at} ${message}`);

describe('the configuration of checkpoints', () => {
  it('names a private key, and the public keys of earlier ones', () => {
    const [own, old, other] = [
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('x25519'),
    ];
    const put = (name: string, content: string | Buffer) => writeFileSync(path.join(directory, name), content);
    put('own.pem', own.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    put('old.pem', old.publicKey.export({ type: 'spki', format: 'pem' }));
    put('other.pem', other.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const good = '{keyFile: own.pem, retiredKeys: [old.pem], anchor: {file: anchor.ndjson}}';
    expect(faults(good)).toEqual([]);
    const loaded = loadCheckpointKeys(load(good))!;
    expect([...loaded.publicKeys.keys()]).toEqual([keyIdOf(own.publicKey), keyIdOf(old.publicKey)]);
    expect(faults('{keyFile: old.pem, retiredKeys: [none.pem, other.pem], anchor: {file: none/a}}')).toEqual([
      'audit.checkpoints.keyFile is not an Ed25519 private key (PKCS #8 PEM)',
      'audit.checkpoints.retiredKeys.0 cannot be read (ENOENT)',
      'audit.checkpoints.retiredKeys.1 is not a file of Ed25519 public keys (PEM): not an Ed25519 key',
      'audit.checkpoints.anchor.file is in a directory that does not exist',
    ]);
    expect(faults('{keyFile: other.pem, anchor: {url: "https://a.example.com", tokenFile: none}}')).toEqual([
      'audit.checkpoints.keyFile is not an Ed25519 private key (PKCS #8 PEM)',
      'audit.checkpoints.anchor.tokenFile cannot be read (ENOENT)',
    ]);
  });

  it('sends checkpoints in clear text to this machine only', () => {
    expect(() => load('{keyFile: x, anchor: {url: "http://anchor.example.com"}}')).toThrow('https');
    expect(() => load('{keyFile: x, anchor: {url: "http://localhost.example.com"}}')).toThrow('https');
    expect(() => load('{keyFile: x, anchor: {url: "http://127.0.0.1:8080/a"}}')).not.toThrow();
  });
});
