import { usageError } from '../terminal/cli-error.ts';

/** Reports whether a text is a name of Kubernetes (a DNS label, RFC 1123). */
export const isLabel = (text: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);

/** Throws a CliError unless a text is a label. `what` says what it should name. */
export function requireName(text: string, what: string, hint: string): void {
  if (!isLabel(text)) throw usageError(`"${text}" is not the name of ${what}`, hint);
}

/** Splits names with commas between them. */
export const splitNames = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
