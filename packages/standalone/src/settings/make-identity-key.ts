import { generateKeyPairSync } from 'node:crypto';

/** Returns a new key that signs what web applications learn about their users, in PEM. */
export function makeIdentityKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
