import { hashToken, ProblemError, type SessionTokenVerifier } from '@sallyport/kit';

/** A token as it was carried: in the gateway's own way, or in one of Pomerium's. */
type CarriedToken = { token: string; pomerium: boolean };

const maxLength = 4096;
const pomeriumPrefix = 'Pomerium-';
const visible = /^[\x21-\x7e]+$/;

/** Returns the token of a bearer credential. Pomerium's clients put a prefix before theirs. */
export function bearerToken(value: string): CarriedToken {
  const pomerium = value.startsWith(pomeriumPrefix);
  return { token: pomerium ? value.slice(pomeriumPrefix.length) : value, pomerium };
}

function fromAuthorization(line: string): CarriedToken {
  const [, scheme = '', value = ''] = /^(bearer|pomerium) ([\x21-\x7e]+)$/i.exec(line) ?? [];
  const found = scheme.toLowerCase() === 'pomerium' ? { token: value, pomerium: true } : bearerToken(value);
  if (found.token === '')
    throw new ProblemError(
      'unauthenticated',
      'The Authorization header contains no bearer token. Log in with "sallyport login".',
    );
  return found;
}

/**
 * Returns the tokens in the `Authorization` and `X-Pomerium-Authorization` headers. Throws `ambiguous-credential` if
 * either appears twice.
 */
export function readCarriers(
  authorization: readonly string[],
  pomeriumAuthorization: readonly string[],
): CarriedToken[] {
  if (authorization.length > 1)
    throw new ProblemError('ambiguous-credential', 'The Authorization header appears twice.');
  if (pomeriumAuthorization.length > 1)
    throw new ProblemError('ambiguous-credential', 'The X-Pomerium-Authorization header appears twice.');
  const found = authorization.map(fromAuthorization);
  const [line] = pomeriumAuthorization;
  if (line === undefined) return found;
  if (!visible.test(line))
    throw new ProblemError('unauthenticated', 'The X-Pomerium-Authorization header contains no token.');
  return [...found, { token: line, pomerium: true }];
}

/** Returns the only token. The same token in two carriers counts as one. */
export function onlyToken(found: readonly CarriedToken[]): CarriedToken | undefined {
  const [first, ...others] = found;
  if (others.some(({ token, pomerium }) => token !== first!.token || pomerium !== first!.pomerium))
    throw new ProblemError('ambiguous-credential', 'Two different credentials were sent.');
  return first;
}

/** What verifies the tokens that are not opaque. Without it they are refused. */
export type AcceptedTokens = {
  /** Verifies tokens that this gateway signed, in Pomerium's carriers. */
  tokens?: SessionTokenVerifier | undefined;
  /** Recognizes tokens that a platform may have issued to a workload, in the gateway's own carrier. */
  workloads?: { mayBe(token: string): boolean } | undefined;
};

/** The hash under which the session store may know a token, and the token itself if it may be that of a workload. */
export type IdentifiedToken = { hash: string; workloadToken?: string };

/**
 * Identifies a token. In Pomerium's carriers it must be one that this gateway signed for itself, and not expired. Such a
 * token is accepted in no other carrier, so that none gets in unverified.
 */
export function identifyToken(
  { token, pomerium }: CarriedToken,
  { tokens, workloads }: AcceptedTokens,
): IdentifiedToken {
  const unknown = () =>
    new ProblemError('unauthenticated', 'The credential was not issued by this gateway, or has expired. Log in again.');
  const isSigned = token.includes('.');
  if (isSigned && !pomerium && workloads?.mayBe(token)) return { hash: hashToken(token), workloadToken: token };
  if (token.length > maxLength || pomerium !== isSigned) throw unknown();
  const hash = pomerium ? tokens?.verify(token)?.hash : hashToken(token);
  if (hash === undefined) throw unknown();
  return { hash };
}

/**
 * Reports whether a request carries a credential in one of Pomerium's ways, valid or not. Takes header lines as Node has
 * them: name, value, name, value.
 */
export function carriesPomerium(raw: readonly string[]): boolean {
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (name === 'x-pomerium-authorization') return true;
    if (name === 'authorization' && /^(?:bearer +pomerium-|pomerium )/i.test(raw[index + 1]!)) return true;
  }
  return false;
}
