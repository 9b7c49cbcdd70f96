import type { Command } from 'commander';
import { CliError } from '../../terminal/cli-error.ts';

/** The options that describe a user, as the command parser returns them. */
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

/** Adds the options that describe the user whom a question is about. */
export function withPerson(command: Command): Command {
  return command
    .option('--user <name>', 'the user name, as policies see it')
    .option('--groups <names>', 'groups of the user, separated by commas', split)
    .option('--group <name>', 'a group of the user, whose name may contain commas (repeatable)', collect)
    .option('--email <address>', 'email address of the user (default: the user name, if it is an address)')
    .option('--claims <json>', 'claims of the user, as a JSON object')
    .option('--ip <address>', 'IP address of the user');
}

function readClaims(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    /* reported below */
  }
  throw new CliError(
    'usage',
    '--claims is not a JSON object',
    'Write it like: --claims \'{"department": "engineering"}\'',
  );
}

/** Reads the user whom a question is about; undefined if none is given. Throws a CliError. */
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
    throw new CliError('usage', 'groups, email, claims and IP address need a user', 'Add --user NAME.');
  return undefined;
}
