// Characters that are shown as nothing, though some count as letters or symbols: Hangul fillers, the blank of Braille.
const invisible = /[\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Reports whether a reader can see anything of a text: a letter, a digit, a sign or a symbol. */
export function hasVisibleText(text: string): boolean {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(text.replace(invisible, ''));
}
