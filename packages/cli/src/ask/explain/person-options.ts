import { given } from '../../input/untrusted.ts';
import { usageError } from '../../terminal/cli-error.ts';

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

function readClaims(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    /* reported below */
  }
  throw usageError('--claims is not a JSON object', 'Write it like: --claims \'{"department": "engineering"}\'');
}

/** Reads the user whom a question is about; undefined if none is given. Throws a CliError. */
export function readPerson({ user, email, groups, group, claims, ip }: PersonOptions): AskedPerson | undefined {
  const all = groups === undefined && group === undefined ? undefined : [...(groups ?? []), ...(group ?? [])];
  const rest = given({ email, groups: all, claims: claims === undefined ? undefined : readClaims(claims), ip });
  if (user !== undefined) return { user, ...rest };
  if (Object.keys(rest).length > 0)
    throw usageError('groups, email, claims and IP address need a user', 'Add --user NAME.');
  return undefined;
}
