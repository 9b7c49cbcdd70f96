import { CliError } from '../terminal/cli-error.ts';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws a CliError unless a text is a name of Kubernetes (a DNS label, RFC 1123). `what` says what it should name. */
export function requireName(text: string, what: string, hint: string): void {
  if (!label.test(text)) throw new CliError('usage', `"${text}" is not the name of ${what}`, hint);
}
