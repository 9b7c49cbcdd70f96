import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ProblemError } from '@sallyport/kit';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
/** Longer than any cursor of the store, so that all sealed ones have the same length. */
const paddedLength = 72;

function seal(cursor: string, secret: Buffer): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, secret, iv, { authTagLength: tagBytes });
  const body = Buffer.concat([cipher.update(cursor.padEnd(paddedLength)), cipher.final()]);
  return Buffer.concat([iv, body, cipher.getAuthTag()]).toString('base64url');
}

function open(text: string, secret: Buffer): string {
  const bytes = Buffer.from(text, 'base64url');
  try {
    const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(-tagBytes)];
    const decipher = createDecipheriv(algorithm, secret, iv, { authTagLength: tagBytes }).setAuthTag(tag);
    return `${decipher.update(bytes.subarray(ivBytes, -tagBytes), undefined, 'utf8')}${decipher.final('utf8')}`.trimEnd();
  } catch (cause) {
    throw new ProblemError('bad-request', 'after: is not a cursor that this API issued', { cause });
  }
}

/** Seals the cursors that a caller gets, and opens those that they send. */
export type CursorSeal = {
  seal(cursor: string): string;
  /** Returns a query with the cursor of the store. Throws `bad-request` for one that was not sealed here. */
  open<Query extends { after?: string | undefined }>(query: Query): Query;
};

/**
 * Creates the seal. The cursors of the store are positions among the events of everyone, and would tell a person who sees
 * only their own events how much others do.
 */
export function createCursorSeal(secret: () => Buffer): CursorSeal {
  return {
    seal: (cursor) => seal(cursor, secret()),
    open: (query) => (query.after === undefined ? query : { ...query, after: open(query.after, secret()) }),
  };
}
