import type { Command } from 'commander';
import { CliError } from '../../terminal/cli-error.ts';

/** Who somebody is, as the command parser gives it. */
export type PersonOptions = {
  user?: string;
  email?: string;
  groups?: string[];
  group?: string[];
  claims?: string;
  ip?: string;
};
export type AskedPerson = {
  user: string;
  email?: string;
  groups?: string[];
  claims?: Record<string, unknown>;
  ip?: string;
};

const collect = (value: string, before: string[] = []) => [...before, value];
const split = (value: string, before: string[] = []) => [
  ...before,
  ...value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
];

/** Adds the ways to say about whom a question is. */
export function withPerson(command: Command): Command {
  return command
    .option('--user <name>', 'somebody: their name as policy sees it')
    .option('--groups <names>', 'their groups, with commas between', split)
    .option('--group <name>', 'a group of theirs, commas and all; may be given again', collect)
    .option('--email <address>', 'their e-mail address (default: the name, if it is one)')
    .option('--claims <json>', 'their claims, as a JSON object')
    .option('--ip <address>', 'the address that they come from');
}

function readClaims(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    /* said below */
  }
  throw new CliError(
    'usage',
    '--claims is no JSON object',
    'Write it like: --claims \'{"department": "engineering"}\'',
  );
}

/** Reads about whom a question is; undefined if nobody is named. Throws CliError. */
export function readPerson({ user, email, groups, group, claims, ip }: PersonOptions): AskedPerson | undefined {
  const all = groups === undefined && group === undefined ? undefined : [...(groups ?? []), ...(group ?? [])];
  const rest = {
    ...(email === undefined ? {} : { email }),
    ...(all === undefined ? {} : { groups: all }),
    ...(claims === undefined ? {} : { claims: readClaims(claims) }),
    ...(ip === undefined ? {} : { ip }),
  };
  if (user !== undefined) return { user, ...rest };
  if (Object.keys(rest).length > 0)
    throw new CliError('usage', 'whose groups and claims these are is not said', 'Give --user too.');
  return undefined;
}
