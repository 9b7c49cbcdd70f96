import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Returns the public half of a key as the configuration of the gateway has it: SPKI in base64. */
export const publicKeyText = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');

/** Makes the key of a connector: the private half as PKCS #8 in PEM, and the public half as the gateway needs it. */
export function makeConnectorKey(): { privateKey: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicKey: publicKeyText(privateKey),
  };
}
