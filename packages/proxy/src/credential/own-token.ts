import { ProblemError } from '@sallyport/kit';

/** What begins every token that this gateway signed: its header, which is the same for all of one key up to the key's name. */
const signedHead = 'eyJhbGciOiJFZERTQSIsImtpZCI6';
const form = `(?:sp[td]_[A-Za-z0-9_-]{43}|${signedHead}[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{86})`;
const anywhere = new RegExp(form);
const everywhere = new RegExp(form, 'g');

const mayHold = (text: string) => text.includes('spt_') || text.includes('spd_') || text.includes(signedHead);

/** True if a token of this gateway's own stands in the text. */
export function holdsOwnToken(text: string): boolean {
  return mayHold(text) && anywhere.test(text);
}

/** Refuses (`bad-request`) an address in which a token of this gateway's own stands. */
export function refuseOwnToken(address: string): void {
  if (holdsOwnToken(address)) throw new ProblemError('bad-request', 'A token stands in the address, where logs on the way may have kept it: end that session, and send tokens in the Authorization header only.');
}

/** The text without the tokens of this gateway's own that somebody put where none belongs. */
export function withoutOwnTokens(text: string): string {
  return mayHold(text) ? text.replace(everywhere, (token) => `${token.startsWith('sp') ? token.slice(0, 4) : 'jwt_'}[redacted]`) : text;
}
