import { createPublicKey, hash, sign, type KeyObject } from 'node:crypto';
import type { AuditCheckpoint } from '@sallyport/contracts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import { keyIdOf } from './key-id.ts';

/** A checkpoint with everything that a signature covers. */
export type SignedCheckpoint = AuditCheckpoint &
  Required<Pick<AuditCheckpoint, 'number' | 'time' | 'heads' | 'keyId' | 'signature'>>;

/** Signs a checkpoint with Ed25519, over the RFC 8785 form of everything but `signature`. */
export function signCheckpoint(
  checkpoint: Pick<SignedCheckpoint, 'number' | 'time' | 'heads'> & Pick<AuditCheckpoint, 'previous'>,
  privateKey: KeyObject,
): SignedCheckpoint {
  const unsigned = { ...checkpoint, keyId: keyIdOf(createPublicKey(privateKey)) };
  return { ...unsigned, signature: sign(null, Buffer.from(canonicalJson(unsigned)), privateKey).toString('base64url') };
}

/** Returns what the next checkpoint has as `previous`: the SHA-256 of the RFC 8785 form, signature included. */
export const hashCheckpoint = (checkpoint: AuditCheckpoint): string => hash('sha256', canonicalJson(checkpoint), 'hex');
