import { readFileSync } from 'node:fs';
import { ConfigFaults, hashToken, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import type { ScimClient } from './routes/require-client.ts';

const minTokenLength = 32;

/**
 * Returns the clients of all SCIM sources by the hashes of their tokens. Throws ConfigFaults if a token cannot be read,
 * is too short to be a secret, or appears twice.
 */
export function loadScimClients({
  config,
  file,
  resolvePath,
  place,
}: Pick<LoadedConfig, 'config' | 'file' | 'resolvePath' | 'place'>): ReadonlyMap<string, ScimClient> {
  const faults: ConfigFault[] = [];
  const clients = new Map<string, ScimClient>();
  const readHash = (tokenFile: string): { hash: string } | { fault: string } => {
    try {
      const token = readFileSync(resolvePath(tokenFile), 'utf8').trim();
      return token.length < minTokenLength
        ? {
            fault: `contains a token of fewer than ${minTokenLength} characters. Create one with: openssl rand -base64 32`,
          }
        : { hash: hashToken(token) };
    } catch (error) {
      return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
    }
  };
  for (const [index, source] of config.identity.directory.sources.entries()) {
    if (source.kind !== 'scim') continue;
    for (const [number, { id, sha256, tokenFile }] of source.tokens.entries()) {
      const path = `identity.directory.sources.${index}.tokens.${number}.${tokenFile === undefined ? 'sha256' : 'tokenFile'}`;
      const read =
        sha256 === undefined ? readHash(tokenFile!) : { hash: Buffer.from(sha256, 'hex').toString('base64url') };
      const fault =
        'fault' in read
          ? read.fault
          : clients.has(read.hash)
            ? `is the same token as ${clients.get(read.hash)!.id}`
            : undefined;
      if (fault !== undefined) faults.push({ path, message: fault, ...place(path.split('.')) });
      else clients.set((read as { hash: string }).hash, { id, source });
    }
  }
  if (faults.length > 0) throw new ConfigFaults(file, faults);
  return clients;
}
