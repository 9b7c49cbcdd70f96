import { readFileSync } from 'node:fs';
import { ConfigFaults, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import type { SealingKey } from './token-sealer.ts';

const form = /^[A-Za-z0-9+/_-]{43}=?$/;

/** Reads the keys of `sessions.encryption`, in order. Throws ConfigFaults if one cannot be read. */
export function loadSealingKeys({ config, file, resolvePath, place }: LoadedConfig): SealingKey[] {
  const faults: ConfigFault[] = [];
  const keys = (config.sessions.encryption?.keys ?? []).flatMap(({ id, key, keyFile }, index): SealingKey[] => {
    const fault = (message: string, hint?: string) => {
      const path = `sessions.encryption.keys.${index}.keyFile`;
      faults.push({ path, message, ...(hint === undefined ? {} : { hint }), ...place(path.split('.')) });
      return [];
    };
    if (key !== undefined) return [{ id, key: Buffer.from(key, 'base64') }];
    try {
      const text = readFileSync(resolvePath(keyFile!), 'utf8').trim();
      return form.test(text)
        ? [{ id, key: Buffer.from(text, 'base64') }]
        : fault('does not contain 32 bytes in base64', 'create a key with: openssl rand -base64 32');
    } catch (error) {
      return fault(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
    }
  });
  if (faults.length > 0) throw new ConfigFaults(file, faults);
  return keys;
}
