import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { Paint, Tone } from '../terminal/paint.ts';

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

const tones: Record<Check['status'], Tone> = { ok: 'good', warning: 'warning', failed: 'bad' };

function summary(checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter((one) => one.status === status).length;
  const [wrong, warnings] = [count('failed'), count('warning')];
  if (wrong + warnings === 0) return 'Nothing is wrong.';
  const parts = [
    ...(wrong === 0 ? [] : [`${wrong} ${wrong === 1 ? 'check' : 'checks'} failed`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`]),
  ];
  return `${parts.join(', ')}.`;
}

/** Describes what was checked, a line for each check, with what to do below it. */
export function describeChecks(checks: readonly Check[], paint: Paint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, detail, hint }) => [
    `${paint(status.padEnd(7), tones[status])}  ${forTerminal(name).padEnd(width)}  ${forTerminal(detail)}\n`,
    ...(hint === undefined ? [] : [`${' '.repeat(11 + width)}${forTerminal(hint)}\n`]),
  ]);
  return `${lines.join('')}\n${summary(checks)}\n`;
}
