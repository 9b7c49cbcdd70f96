/**
 * Folds the case of names that are compared case-insensitively. Only ASCII letters are folded: folding more would treat
 * look-alikes (the Kelvin sign, the long s) as equal, and with them different people.
 */
export function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
