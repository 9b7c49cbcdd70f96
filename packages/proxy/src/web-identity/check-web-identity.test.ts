import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { LoadedConfig } from '@sallyport/kit';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { checkWebIdentity } from './check-web-identity.ts';

type Identity = LoadedConfig['config']['routes'][number]['identity'];

function faultsOf(changes: { file?: string; identity?: Partial<Identity>; clusters?: string[] }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'identity-keys-'));
  const identity = { jwt: false, pomeriumJwt: false, headers: {}, groups: ['*'], ...changes.identity };
  try {
    if (changes.file !== undefined) writeFileSync(path.join(directory, 'identity.pem'), changes.file);
    const loaded = {
      config: {
        gateway: { identityKeyFile: changes.file === undefined ? undefined : 'identity.pem' },
        routes: [{ identity }],
        clusters: (changes.clusters ?? ['dev', 'prod']).map((name) => ({ name })),
      },
      resolvePath: (file: string) => path.join(directory, file),
      place: () => ({ line: 7, column: 3 }),
    } as unknown as LoadedConfig;
    return checkWebIdentity(loaded);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the check of what applications learn', () => {
  it('accepts a route that needs no key, and one whose key is there', () => {
    expect(faultsOf({ identity: { headers: { email: 'X-Forwarded-Email' } } })).toEqual([]);
    const identity = { jwt: true, pomeriumJwt: true, kubernetes: { clusters: ['dev'] } };
    expect(faultsOf({ file: identityKeyPem(), identity })).toEqual([]);
  });

  it('refuses a route that needs a key without one, with the command that makes it', () => {
    const identity = { jwt: true, pomeriumJwt: true, kubernetes: { clusters: ['dev'] } };
    const faults = faultsOf({ identity });
    expect(faults.map(({ path: at }) => at)).toEqual([
      'routes.0.identity.jwt',
      'routes.0.identity.pomeriumJwt',
      'routes.0.identity.kubernetes',
    ]);
    for (const fault of faults)
      expect(fault).toMatchObject({
        message: 'needs a key that signs it',
        hint: expect.stringContaining('openssl genpkey -algorithm EC'),
        line: 7,
      });
  });

  it('refuses a file that is not one of keys, without its content', () => {
    const [fault, ...more] = faultsOf({ file: 'secret-text' });
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ path: 'gateway.identityKeyFile', message: 'has no private key in PEM' });
    expect(JSON.stringify(fault)).not.toContain('secret-text');
  });

  it('refuses clusters that do not exist', () => {
    const identity = { kubernetes: { clusters: ['dev', 'staging'] } };
    expect(faultsOf({ file: identityKeyPem(), identity })).toEqual([
      {
        path: 'routes.0.identity.kubernetes.clusters.1',
        message: 'there is no cluster "staging"',
        hint: 'choose from dev, prod',
        line: 7,
        column: 3,
      },
    ]);
    expect(faultsOf({ file: identityKeyPem(), identity, clusters: [] })[0]).toMatchObject({
      hint: 'add it to clusters',
    });
  });
});
