import { verify } from 'node:crypto';
import type { AuditCheckpoint } from '@sallyport/contracts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { CheckpointKeys } from './checkpoint-keys.ts';
import type { SignedCheckpoint } from './sign-checkpoint.ts';

const isSha256 = (text: unknown): boolean => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

/** Reports whether a checkpoint has every member that a signed one has, each of the right form. */
export function isWhole(checkpoint: AuditCheckpoint): checkpoint is SignedCheckpoint {
  const { number, time, heads, previous, keyId, signature } = checkpoint;
  return (
    isNumber(number) &&
    typeof time === 'string' &&
    !Number.isNaN(Date.parse(time)) &&
    typeof keyId === 'string' &&
    typeof signature === 'string' &&
    (previous === undefined || isSha256(previous)) &&
    Array.isArray(heads) &&
    heads.every(
      (head: unknown) =>
        typeof head === 'object' &&
        head !== null &&
        typeof (head as { producer?: unknown }).producer === 'string' &&
        isNumber((head as { seq?: unknown }).seq) &&
        isNumber((head as { from?: unknown }).from ?? 1) &&
        isSha256((head as { hash?: unknown }).hash),
    )
  );
}

/** Returns why a checkpoint is not one that the owner of these keys signed, or undefined if it is. */
export function checkSignature(checkpoint: AuditCheckpoint, keys: CheckpointKeys): string | undefined {
  if (!isWhole(checkpoint)) return 'it is not a whole signed checkpoint';
  const key = keys.get(checkpoint.keyId);
  if (!key) return `its key ${checkpoint.keyId} is not in the key file`;
  const { signature, ...unsigned } = checkpoint;
  const bytes = Buffer.from(signature, 'base64url');
  // Base64url has several spellings of the same bytes. Only one of them is accepted.
  if (bytes.toString('base64url') !== signature || !verify(null, Buffer.from(canonicalJson(unsigned)), key, bytes))
    return `its signature is not that of key ${checkpoint.keyId}`;
  return undefined;
}
