import { ProblemError } from '@sallyport/kit';
import { decodeFully } from './decode-fully.ts';

/**
 * What begins every token that this gateway signed: its header, which is the same for all of one key up to the key's
 * name. Its first letter is a hexadecimal digit, which an escape in front of it could have taken.
 */
const signedHead = 'yJhbGciOiJFZERTQSIsImtpZCI6';
/**
 * No part is longer than a token may be: without a bound a text of many beginnings would be read to its end from each
 * of them.
 */
const form = `(?:sp[td]_[A-Za-z0-9_-]{43}|e?${signedHead}[A-Za-z0-9_-]{1,256}\\.[A-Za-z0-9_-]{1,4096}\\.[A-Za-z0-9_-]{86})`;
const anywhere = new RegExp(form);
const everywhere = new RegExp(form, 'g');

const mayHold = (text: string) => text.includes('spt_') || text.includes('spd_') || text.includes(signedHead);

const redacted = (token: string) => `${token.startsWith('sp') ? token.slice(0, 4) : 'jwt_'}[redacted]`;

/** True if a token of this gateway's own is in the text, however often it or a part of it is percent-encoded. */
export function holdsOwnToken(text: string): boolean {
  const decoded = text.includes('%') ? decodeFully(text).text : text;
  return mayHold(decoded) && anywhere.test(decoded);
}

/** Refuses (`bad-request`) an address in which a token of this gateway's own stands. */
export function refuseOwnToken(address: string): void {
  if (holdsOwnToken(address))
    throw new ProblemError(
      'bad-request',
      'A token stands in the address, where logs on the way may have kept it: end that session, and send tokens in the Authorization header only.',
    );
}

/**
 * The text without the tokens of this gateway's own that a client put where none belongs, percent-encoded or not. What
 * is around them stays as it was.
 */
export function withoutOwnTokens(text: string): string {
  if (!text.includes('%')) return mayHold(text) ? text.replace(everywhere, redacted) : text;
  const decoded = decodeFully(text);
  if (!mayHold(decoded.text)) return text;
  let kept = '';
  let from = 0;
  for (const match of decoded.text.matchAll(everywhere)) {
    kept += text.slice(from, decoded.starts[match.index]) + redacted(match[0]);
    from = decoded.starts[match.index + match[0].length]!;
  }
  return kept + text.slice(from);
}
