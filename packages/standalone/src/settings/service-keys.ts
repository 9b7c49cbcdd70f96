import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serviceNames, type ServiceName } from '@sallyport/contracts';

/** Where a service's private key lies, and the public half as it stands in sallyport.yaml. */
export type ServiceKeyFiles = Record<ServiceName, { keyFile: string; publicKey: string }>;

/** Makes the four services' Ed25519 keys in a directory, or reads those that an earlier run left there. */
export function ensureServiceKeys(directory: string): ServiceKeyFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const one = (name: ServiceName) => {
    const keyFile = path.join(directory, `${name}.pem`);
    if (!existsSync(keyFile))
      writeFileSync(keyFile, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), {
        mode: 0o600,
      });
    const publicKey = createPublicKey(readFileSync(keyFile)).export({ type: 'spki', format: 'der' }).toString('base64');
    return [name, { keyFile, publicKey }] as const;
  };
  return Object.fromEntries(serviceNames.map(one)) as ServiceKeyFiles;
}
