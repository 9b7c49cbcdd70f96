import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { readIdentityKeys } from './identity-keys.ts';

describe('the identity keys that openssl makes', () => {
  it.each([
    ['PKCS #8', ['genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['SEC 1, behind its parameters', ['ecparam', '-name', 'prime256v1', '-genkey']],
  ])('are read in the form of %s', (_form, args) => {
    const pem = execFileSync('openssl', args, { encoding: 'utf8' });
    expect(readIdentityKeys(pem)).toHaveLength(1);
    expect(readIdentityKeys(pem.replaceAll('\n', '\r\n'))).toHaveLength(1);
  });
});
