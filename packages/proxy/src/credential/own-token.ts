import { decodeFully } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/**
 * The start of every token that this gateway signed: the JWS header up to the name of the key. The first letter (`e`) is
 * left out: it is a hexadecimal digit, and an escape in front of it could have absorbed it.
 */
const signedHead = 'yJhbGciOiJFZERTQSIsImtpZCI6';
/** Each part has a maximum length. Without one, a text with many starts would be scanned to its end from each of them. */
const signedTail = '[A-Za-z0-9_-]{1,256}\\.[A-Za-z0-9_-]{1,4096}\\.[A-Za-z0-9_-]{86}';
/** An application token is a signed one by another key, behind a prefix of its own. */
const form = `(?:sp[td]_[A-Za-z0-9_-]{43}|spa_eyJ${signedTail}|e?${signedHead}${signedTail})`;
/**
 * A JWT of anyone else. The gateway accepts those of workloads, so that one in an event would be a credential there. It
 * begins where no name or number ends, so that a long run of starts is scanned once.
 */
const foreign = '(?<![A-Za-z0-9_-])e?yJ[A-Za-z0-9_-]{8,512}\\.eyJ[A-Za-z0-9_-]{8,8192}\\.[A-Za-z0-9_-]{16,1024}';
const anywhere = new RegExp(form);
const everywhere = new RegExp(`${form}|${foreign}`, 'g');

const mayContain = (text: string) =>
  text.includes('spt_') || text.includes('spd_') || text.includes('spa_') || text.includes(signedHead);
/** Also for JWTs of others, which all begin so. */
const mayContainAny = (text: string) => mayContain(text) || text.includes('yJ');

/** Returns a keyed hash of a token, by which events that have it can be compared. */
export type HashToken = (token: string) => string;

/** How many tokens of one text are hashed. A client can fill a request with thousands, at no cost to itself. */
const maxHashed = 16;

/** Creates the replacement of tokens in a text: each leaves its kind, and its hash if there is one. */
function createRedact(ofToken: HashToken | undefined): (token: string) => string {
  let hashed = 0;
  return (token) => {
    const kind = token.startsWith('sp') ? token.slice(0, 4) : 'jwt_';
    if (!ofToken || hashed >= maxHashed) return `${kind}[redacted]`;
    hashed += 1;
    // The first letter of a JWT may have been taken for a digit of an escape.
    return `${kind}[redacted:${ofToken(token.startsWith('yJ') ? `e${token}` : token)}]`;
  };
}

/** Reports whether a text contains a token of this gateway, however often it or a part of it is percent-encoded. */
export function containsOwnToken(text: string): boolean {
  const decoded = text.includes('%') ? decodeFully(text).text : text;
  return mayContain(decoded) && anywhere.test(decoded);
}

/** Refuses (`bad-request`) an address that contains a token of this gateway. */
export function refuseOwnToken(address: string): void {
  if (containsOwnToken(address))
    throw new ProblemError(
      'bad-request',
      'The address contains a token, which logs on the way may have recorded. End that session, and send tokens only in the Authorization header.',
    );
}

/**
 * Redacts the tokens of this gateway and the JWTs of others that a client put where none belongs, percent-encoded or not.
 * The text around them stays unchanged. With `ofToken`, each leaves its hash, whatever its spelling.
 */
export function withoutTokens(text: string, ofToken?: HashToken): string {
  if (!text.includes('%')) return mayContainAny(text) ? text.replace(everywhere, createRedact(ofToken)) : text;
  const decoded = decodeFully(text);
  if (!mayContainAny(decoded.text)) return text;
  const redact = createRedact(ofToken);
  let kept = '';
  let from = 0;
  for (const match of decoded.text.matchAll(everywhere)) {
    kept += text.slice(from, decoded.starts[match.index]) + redact(match[0]);
    from = decoded.starts[match.index + match[0].length]!;
  }
  return kept + text.slice(from);
}
