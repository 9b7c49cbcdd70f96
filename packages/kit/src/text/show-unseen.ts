/** Characters that are invisible or change how the text around them is shown, line separators, and halves of pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Returns a text on one line, with an escape such as `\u{202e}` in place of each character that a reader would not see. */
export function showUnseen(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(unseen, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`);
}
