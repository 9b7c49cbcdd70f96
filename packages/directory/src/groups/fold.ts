/**
 * Folds the case of names that are compared case-insensitively. Only ASCII letters are folded: folding more would treat
 * look-alikes (the Kelvin sign, the long s) as equal, and with them different people.
 */
export function fold(text: string): string {
  // Long texts whose case changes often take a hundred times as long in the general way.
  if (!/[\u0080-\uffff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
