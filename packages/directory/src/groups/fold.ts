/**
 * Brings names that are compared without regard to case into one form. Letters of ASCII only: to fold more would take
 * letters that merely look alike (the Kelvin sign, the long s) for one another, and with them one person for another.
 */
export function fold(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
