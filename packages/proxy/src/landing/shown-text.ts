/** Characters that are invisible or change how the text around them is shown, and line and paragraph separators. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns a name that a client, a cluster or a provider chose as a page may show it: visible, and not too long. */
export function shownText(text: string, maxLength = 200): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(unseen, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);
}
