import type { Environment } from '../environment/environment.ts';

/** What a color says. The text must say it too, because not every terminal and not every reader sees colors. */
export type Tone = 'good' | 'bad' | 'warning' | 'faint';
export type Paint = (text: string, tone: Tone | undefined) => string;

// The eight colors of ECMA-48, which every theme of a terminal defines readably.
const codes: Record<Tone, number> = { good: 32, bad: 31, warning: 33, faint: 2 };

const isSet = (value: string | undefined) => value !== undefined && value !== '';
const isOn = (value: string | undefined) => isSet(value) && value !== '0' && value !== 'false';

/**
 * Reports whether text for standard output or standard error may be colored. `NO_COLOR` always wins (no-color.org), then
 * `FORCE_COLOR` and `CLICOLOR_FORCE` decide. Otherwise only a terminal gets colors, and none that is `dumb`.
 */
function wantsColor(environment: Environment, stream: 'stdout' | 'stderr'): boolean {
  const { env } = environment;
  if (isSet(env.NO_COLOR)) return false;
  if (isSet(env.FORCE_COLOR)) return isOn(env.FORCE_COLOR);
  if (isOn(env.CLICOLOR_FORCE)) return true;
  return environment[stream].isTTY && env.TERM !== 'dumb' && env.CLICOLOR !== '0';
}

/** Creates a function that colors text, or leaves it as it is where colors are not wanted. */
export function createPaint(environment: Environment, stream: 'stdout' | 'stderr' = 'stdout'): Paint {
  if (!wantsColor(environment, stream)) return (text) => text;
  return (text, tone) => (tone === undefined || text === '' ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`);
}
