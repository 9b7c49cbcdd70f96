import { withoutTokens, type HashToken } from './own-token.ts';

const control = /[\u0000-\u001f\u007f-\u009f]/g;
const maxUri = 1024;
/** What a text must contain for any of it to be replaced: most have nothing of it, and one search is quick. */
const suspicious = /[%\u0000-\u001f\u007f-\u009f]|yJ|sp[tda]_/;

/**
 * Returns a text from the client as an event may show it: without tokens, and with control characters escaped. With
 * `ofToken`, the hash of each token is in its place.
 */
export function visibleText(text: string, ofToken?: HashToken): string {
  if (!suspicious.test(text)) return text;
  return withoutTokens(text, ofToken).replace(
    control,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Returns the same, cut to the length of a `requestURI`. */
export function clientText(text: string, ofToken?: HashToken): string {
  if (text.length <= maxUri && !suspicious.test(text)) return text;
  const clean = withoutTokens(text, ofToken);
  return visibleText(clean.length > maxUri ? `${clean.slice(0, maxUri)}…` : clean);
}
