import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Returns the files of a new key pair, and the settings of a service that has it. */
function writeKeys(directory: string, name: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(path.join(directory, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  return `{keyFile: ${name}.pem, publicKey: ${publicKey}}`;
}

/**
 * Writes the keys of the services and the token of a cluster to a directory. Returns the sections of a configuration
 * there that need them. With `encryption`, they cause no warning either.
 */
export function writeServiceSettings(directory: string): { services: string; sessions: string; audit: string } {
  writeFileSync(path.join(directory, 'token'), 'a-token-of-the-cluster');
  const services = ['authenticate', 'authorize', 'proxy', 'audit'].map(
    (name) => `  ${name}: ${writeKeys(directory, name)}`,
  );
  const key = Buffer.alloc(32, 7).toString('base64');
  return {
    services: `services:\n${services.join('\n')}\n`,
    sessions: `sessions: {redis: 'redis://redis:6379', encryption: {keys: [{id: a, key: "${key}"}]}}\n`,
    audit: "audit: {kafka: {brokers: ['kafka:9092']}}\n",
  };
}
