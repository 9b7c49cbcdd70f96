import { ProblemError, parseJson } from '@sallyport/kit';
import { maxWorkloadToken } from '@sallyport/contracts';
import { asymmetricAlgorithms } from '../tokens/asymmetric-algorithms.ts';

/** Creates the refusal of a token. The reason must say nothing that the sender of the token does not know. */
export function refusedToken(why: string): ProblemError {
  return new ProblemError('unauthenticated', `The gateway does not accept this token: ${why}.`);
}

/** A JWT that is not verified yet. `signed` is what its signature covers. */
export type ParsedToken = {
  token: string;
  signed: string;
  algorithm: string;
  keyId: string;
  /** Not verified: good only to find the keys. */
  claims: Readonly<Record<string, unknown>>;
};

const form = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** What platforms write into `typ`. The types of other protocols, such as at+jwt and logout+jwt, are refused. */
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'jose']);
const maxKeyId = 256;

/** Decodes a part. Of the encodings of the same bytes only the canonical one is accepted. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

function decodeObject(part: string): Record<string, unknown> | undefined {
  const value = parseJson(decode(part)?.toString('utf8') ?? '');
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);

/**
 * Parses a JWT by a strict profile (RFC 8725): three canonical parts, an asymmetric algorithm, a known type, a key ID
 * and no extensions. Returns what is wrong with it, if anything is. Nothing in the header but the algorithm and the key
 * ID is used, so keys and addresses of keys in it have no effect.
 */
export function parseWorkloadToken(token: string): ParsedToken | string {
  if (token.length > maxWorkloadToken || !form.test(token)) return 'it is not a JWT';
  const [head, payload, signature] = token.split('.') as [string, string, string];
  const header = decodeObject(head);
  const claims = decodeObject(payload);
  if (!header || !claims || !decode(signature)) return 'it is not a JWT';
  const { alg, kid, typ, crit } = header;
  if (typeof alg !== 'string' || !asymmetricAlgorithms.has(alg)) return 'its algorithm is not accepted';
  if (!types.has(lower(typ))) return 'it is a token of another type';
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKeyId) return 'it does not name its key (kid)';
  if (crit !== undefined) return 'it has extensions that are not known here (crit)';
  return { token, signed: `${head}.${payload}`, algorithm: alg, keyId: kid, claims };
}
