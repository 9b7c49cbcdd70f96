import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigFaults, type ConfigFault, type LoadedConfig } from '@sallyport/kit';

/** A key of 32 bytes, and the id that a record carries to name it. */
export type SealingKey = { id: string; key: Buffer };

/** Encrypts texts for the store. A reader of the store learns nothing, and no text can be moved to another session. */
export type TokenSealer = {
  /** Seals with the first key, for the owner `of`. */
  seal(text: string, of: string): string;
  /** Opens a text; undefined if it has another owner, was altered, or was sealed with an unknown key. */
  open(sealed: string, of: string): string | undefined;
};

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

const context = (keyId: string, of: string) => Buffer.from(`sallyport tokens 1\0${keyId}\0${of}`);

/**
 * Creates the sealer: AES-256-GCM with a random nonce (NIST SP 800-38D 8.2.2: good for 2^32 records per key); the key's
 * id and the owner are authenticated. The first key seals and every key opens, so that a new key can be put first and
 * the old one removed later.
 */
export function createTokenSealer(ring: readonly SealingKey[]): TokenSealer {
  const [first] = ring;
  if (!first) throw new Error('a sealer needs a key');
  const keys = new Map(ring.map(({ id, key }) => [id, key]));
  return {
    seal(text, of) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, first.key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(context(first.id, of));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `1.${first.id}.${sealed.toString('base64url')}`;
    },
    open(sealed, of) {
      const [, id = '', body = ''] = /^1\.([^.]{1,64})\.([A-Za-z0-9_-]+)$/.exec(sealed) ?? [];
      const key = keys.get(id);
      const bytes = Buffer.from(body, 'base64url');
      if (!key || bytes.length < nonceBytes + tagBytes) return undefined;
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(context(id, of));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString(
          'utf8',
        );
      } catch {
        return undefined;
      }
    },
  };
}

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
