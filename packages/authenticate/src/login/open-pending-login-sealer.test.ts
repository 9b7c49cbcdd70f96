import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoadedConfig } from '@sallyport/kit';
import { createTokenSealer } from '@sallyport/stores';
import { openPendingLoginSealer, type PendingLogin } from './pending-login.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'login-sealer-'));
  for (const name of ['one', 'two'])
    writeFileSync(
      path.join(directory, name),
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
    );
});
afterAll(() => rmSync(directory, { recursive: true }));

const keyA = { id: 'a', key: randomBytes(32).toString('base64') };
const loaded = ({ keyFile, keys }: { keyFile?: string; keys?: (typeof keyA)[] }) =>
  ({
    config: { services: { authenticate: { keyFile } }, sessions: keys ? { encryption: { keys } } : {} },
    file: 'sallyport.yaml',
    place: () => ({}),
    resolvePath: (file: string) => path.join(directory, file),
  }) as unknown as LoadedConfig;
const login: PendingLogin = {
  provider: 'corp',
  nonce: 'n',
  codeVerifier: 'v',
  goal: { kind: 'browser', returnTo: '/.sallyport/me' },
  demands: { acrValues: [], begunAt: 1 },
  begunAt: 1,
};
const opens = (by: Parameters<typeof loaded>[0], sealedBy: Parameters<typeof loaded>[0], state = 's') =>
  openPendingLoginSealer(loaded(by)).open(openPendingLoginSealer(loaded(sealedBy)).seal(login, 's'), state);

describe('the key that seals pending logins', () => {
  it('is shared by all replicas: a key of sessions.encryption, or the private key of the service', () => {
    expect(opens({ keys: [keyA] }, { keys: [keyA] })).toEqual(login);
    expect(opens({ keyFile: 'one' }, { keyFile: 'one' })).toEqual(login);
    expect(opens({ keyFile: 'two', keys: [keyA] }, { keyFile: 'one', keys: [keyA] })).toEqual(login);
    // Replicas with a configured key open what replicas without one have sealed.
    expect(opens({ keyFile: 'one', keys: [keyA] }, { keyFile: 'one' })).toEqual(login);
  });

  it('does not open logins of another key, another state, or another process without a key', () => {
    expect(opens({ keyFile: 'two' }, { keyFile: 'one' })).toBeUndefined();
    expect(opens({ keys: [{ ...keyA, key: randomBytes(32).toString('base64') }] }, { keys: [keyA] })).toBeUndefined();
    expect(opens({ keys: [keyA] }, { keys: [keyA] }, 'another')).toBeUndefined();
    expect(opens({}, {})).toBeUndefined();
  });

  it('is derived: other values sealed with the ring do not open as logins, nor the reverse', () => {
    const sealed = openPendingLoginSealer(loaded({ keys: [keyA] })).seal(login, 's');
    const tokens = createTokenSealer([{ id: 'a', key: Buffer.from(keyA.key, 'base64') }]);
    for (const whose of ['s', 'sallyport pending login 1', '']) {
      expect(tokens.open(sealed, whose)).toBeUndefined();
      expect(
        openPendingLoginSealer(loaded({ keys: [keyA] })).open(tokens.seal(JSON.stringify(login), whose), 's'),
      ).toBeUndefined();
    }
  });
});
