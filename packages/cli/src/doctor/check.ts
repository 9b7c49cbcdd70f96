import { CliError } from '../terminal/cli-error.ts';

/** What one check found. `hint` says what to do about a warning or a failure. */
export type Check = { name: string; status: 'ok' | 'warning' | 'failed'; detail: string; hint?: string };

/** Returns a check that found nothing wrong. */
export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail });

/** Returns a check that found something that may get in the way. */
export const warning = (name: string, detail: string, hint: string): Check => ({
  name,
  status: 'warning',
  detail,
  hint,
});

/** Returns a check that found what does not work. */
export const failed = (name: string, detail: string, hint: string): Check => ({ name, status: 'failed', detail, hint });

/** Returns a failed check for an expected error. Throws any other. */
export function failedBy(name: string, error: unknown): Check {
  if (!(error instanceof CliError)) throw error;
  return { name, status: 'failed', detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
