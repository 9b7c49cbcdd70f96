import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A key of the ring: 32 bytes, and the name by which a record says what it was sealed with. */
export type SealingKey = { id: string; key: Buffer };

/**
 * Seals texts for the store: whoever reads the store reads nothing, and nothing can be moved from one session to
 * another.
 */
export type TokenSealer = {
  /** Seals with the first key of the ring. `of` is whose it is: it opens for nobody else. */
  seal(text: string, of: string): string;
  /** The text, or undefined if it is another's, was altered, or was sealed with a key that is not in the ring. */
  open(sealed: string, of: string): string | undefined;
};

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

const context = (keyId: string, of: string) => Buffer.from(`sallyport tokens 1\0${keyId}\0${of}`);

/**
 * Creates the sealer over a ring of keys: AES-256-GCM under a random nonce (NIST SP 800-38D 8.2.2: good for 2^32
 * records a key), with the key's id and the owner authenticated. The first key seals, all of them open, so that a new
 * one can be put first and the old one taken away later.
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
