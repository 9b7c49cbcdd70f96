import { withoutOwnTokens } from '../credential/own-token.ts';

const control = /[\u0000-\u001f\u007f-\u009f]/g;
const mostUri = 1024;

/**
 * Text of the client's own making as it may stand in an event: no tokens, control characters (ANSI codes) as visible
 * escapes.
 */
export function visibleText(text: string): string {
  return withoutOwnTokens(text).replace(control, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same, cut to the length of a `requestURI`. */
export function clientText(text: string): string {
  const clean = withoutOwnTokens(text);
  return visibleText(clean.length > mostUri ? `${clean.slice(0, mostUri)}…` : clean);
}
