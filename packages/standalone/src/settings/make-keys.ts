import { generateKeyPairSync, type KeyObject } from 'node:crypto';

const toPem = ({ privateKey }: { privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Returns a new Ed25519 key of a service, or one that signs checkpoints, in PEM. */
export const makeSigningKey = (): string => toPem(generateKeyPairSync('ed25519'));

/** Returns a new key that signs what web applications learn about their users, in PEM. */
export const makeIdentityKey = (): string => toPem(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
