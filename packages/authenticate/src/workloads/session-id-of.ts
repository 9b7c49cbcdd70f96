import { hash } from 'node:crypto';
import { uuidOf } from '@sallyport/kit';

/**
 * Returns the ID of the session of a token: a UUID (version 8) made from what its signature covers. An ECDSA signature
 * can be changed into another valid one without the key. The altered token has another hash, but the same session ID, so
 * that it cannot begin a second session after the first was revoked.
 */
export function sessionIdOf(signed: string): string {
  return uuidOf(hash('sha256', `sallyport workload\0${signed}`, 'buffer'));
}
