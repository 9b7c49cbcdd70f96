import { LRUCache } from 'lru-cache';
import { fieldsOfPart, type Fields } from '../json/parse-json.ts';
import { hashToken } from '../tokens/hash-token.ts';

const maxLength = 4096;

type TokenVerifierDeps<Key, Content> = {
  /** Matches a token: its header, its payload and its signature. */
  form: RegExp;
  /** The issuer, which is also the audience: the origin of the gateway. */
  gateway: string;
  now: () => number;
  /** The keys that are accepted now. */
  keys(): readonly Key[];
  /** Returns the only header that tokens of a key may have: nothing in it is negotiable. */
  headerOf(key: Key): string;
  isSignedBy(key: Key, signed: Buffer, signature: Buffer): boolean;
  /** Returns what a token says; undefined if a claim is missing. */
  read(claims: Fields): Content | undefined;
};

/**
 * Creates the verifier of a kind of signed tokens with an expiry (RFC 7515). Returns undefined unless the gateway issued
 * the token for itself and it has not expired. Verified tokens are cached by hash, because a verification costs more than
 * everything else that is done with a token.
 */
export function createTokenVerifier<Key extends object, Content extends object>(
  deps: TokenVerifierDeps<Key, Content>,
): (token: string) => { hash: string; content: Content } | undefined {
  const { form, gateway, now, keys } = deps;
  const seen = new LRUCache<string, { content: Content; expiresAt: number; key: Key }>({ max: 10_000 });

  const check = (token: string) => {
    const [, head = '', payload = '', signature = ''] = form.exec(token) ?? [];
    const bytes = Buffer.from(signature, 'base64url');
    // The whole header is compared, so that no other algorithm, key, type or extension is accepted. Of the encodings of
    // a signature only the canonical one is accepted.
    const key = keys().find((one) => deps.headerOf(one) === head);
    if (!key || bytes.toString('base64url') !== signature) return undefined;
    if (!deps.isSignedBy(key, Buffer.from(`${head}.${payload}`), bytes)) return undefined;
    const claims = fieldsOfPart(payload);
    const content = deps.read(claims);
    const { iss, aud, exp } = claims;
    if (iss !== gateway || aud !== gateway || !content || !Number.isSafeInteger(exp)) return undefined;
    return { content, expiresAt: (exp as number) * 1000, key };
  };

  return (token) => {
    if (token.length > maxLength) return undefined;
    const hash = hashToken(token);
    const remembered = seen.get(hash);
    const found = remembered && keys().includes(remembered.key) ? remembered : check(token);
    if (!found || found.expiresAt <= now()) return undefined;
    if (found !== remembered) seen.set(hash, found);
    return { hash, content: found.content };
  };
}
