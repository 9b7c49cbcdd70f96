import { CliError } from '../terminal/cli-error.ts';

const form = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws a CliError for what cannot be the name of a service account. */
export function checkAccountName(name: string): void {
  if (!form.test(name))
    throw new CliError(
      'usage',
      `"${name}" cannot be the name of a service account`,
      'Use small letters, digits and dashes.',
    );
}
