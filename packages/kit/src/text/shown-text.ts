/** Characters that are invisible or change how the text around them is shown, line separators, and halves of pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns a text on one line, with an escape such as `\u{202e}` in place of each character that a reader would not see. */
export function showUnseen(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(unseen, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);
}

/**
 * Returns a text that a person, a client, a cluster or a provider chose as a page or a message may show it: on one line,
 * with nothing invisible, and not too long.
 */
export function shownText(text: string, maxLength = 200): string {
  const points = Array.from(text.slice(0, 4 * maxLength));
  return showUnseen(points.length > maxLength ? `${points.slice(0, maxLength).join('')}…` : points.join(''));
}
