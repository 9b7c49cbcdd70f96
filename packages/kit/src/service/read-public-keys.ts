import type { KeyObject } from 'node:crypto';
import { readPublicKey } from './service-credential.ts';

const pem = /-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/g;
/** The old key and the new one are enough. More are probably a mistake. */
const mostKeys = 4;

/**
 * Reads one or more Ed25519 public keys in SPKI form: blocks of PEM, or base64 of DER with white space between the keys.
 * Throws for anything else.
 */
export function readPublicKeys(text: string): KeyObject[] {
  const blocks = text.match(pem) ?? [];
  const rest = text.replaceAll(pem, ' ').trim();
  const keys = [...blocks, ...(rest === '' ? [] : rest.split(/\s+/))].map(readPublicKey);
  if (keys.length === 0 || keys.length > mostKeys) throw new Error(`has ${keys.length} keys`);
  return keys;
}
