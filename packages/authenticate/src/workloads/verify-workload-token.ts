import type { ClusterKeys } from '@sallyport/contracts';
import { compactVerify, importJWK, type JWK } from 'jose';
import type { KeySource } from './keys/key-source.ts';
import { refusedToken, type ParsedToken } from './parse-workload-token.ts';

/** A verified token: who issued it, and its claims. Times are milliseconds since the epoch. */
export type VerifiedToken = {
  source: KeySource;
  claims: Readonly<Record<string, unknown>>;
  subject: string;
  issuedAt: number;
  expiresAt: number;
};

/** Clocks of platforms may be off by this much. A token is never used after its end. */
const skewMs = 30_000;
const latest = 8.64e15;

/** Reads a NumericDate (RFC 7519, 2) in milliseconds. */
function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value * 1000 : Number.NaN;
  return ms >= 0 && ms < latest ? Math.floor(ms) : undefined;
}

function checkTimes({ exp, iat, nbf }: ParsedToken['claims'], now: number): { issuedAt: number; expiresAt: number } {
  const expiresAt = timeOf(exp);
  const issuedAt = timeOf(iat);
  if (expiresAt === undefined) throw refusedToken('it has no end (exp)');
  if (issuedAt === undefined) throw refusedToken('it does not say when it was issued (iat)');
  if (expiresAt <= now) throw refusedToken('it has expired');
  if (issuedAt > now + skewMs) throw refusedToken('it was issued in the future (iat)');
  const notBefore = nbf === undefined ? issuedAt : timeOf(nbf);
  if (notBefore === undefined || notBefore > now + skewMs) throw refusedToken('it is not valid yet (nbf)');
  return { issuedAt, expiresAt };
}

async function hasSignature({ token, algorithm }: ParsedToken, key: JWK): Promise<boolean> {
  try {
    await compactVerify(token, await importJWK(key, algorithm), { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Creates the verification of tokens by the keys of their issuer. `attempted` is called for each signature that is
 * verified. Two clusters can have the same issuer, and then the key decides.
 */
export function createVerifyToken(deps: { sources: readonly KeySource[]; now: () => number; attempted(): void }) {
  return async (parsed: ParsedToken, given: readonly ClusterKeys[]): Promise<VerifiedToken> => {
    const { claims, keyId, algorithm } = parsed;
    const candidates = deps.sources.filter((source) => source.recognizes(claims, given));
    if (candidates.length === 0) throw refusedToken('no workload of this gateway has its issuer');
    let why = 'its key (kid) is not one of its issuer';
    for (const source of candidates) {
      const key = await source.keyFor(keyId, given);
      if (!key) continue;
      why = 'its signature is wrong';
      // A key that says for which algorithm it is must not be used with another (RFC 8725, 3.1).
      if (key.alg !== undefined && key.alg !== algorithm) continue;
      deps.attempted();
      if (!(await hasSignature(parsed, key))) continue;
      const { sub: subject } = claims;
      if (typeof subject !== 'string' || subject === '') throw refusedToken('it names no subject (sub)');
      return { source, claims, subject, ...checkTimes(claims, deps.now()) };
    }
    throw refusedToken(why);
  };
}
