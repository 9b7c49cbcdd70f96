import { auditQuerySchema, type AuditQuery } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { z } from 'zod';

const known = Object.keys(auditQuerySchema.shape);
const shownLength = 60;

/** Returns a name as the caller wrote it, shortened for the message. */
function shorten(name: string): string {
  return name.length > shownLength ? `${name.slice(0, shownLength)}...` : name;
}

function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${shorten(key)}: unknown parameter`);
  return [`${issue.path.join('.')}: ${issue.message.replace(/^Invalid input: /, '')}`];
}

/** Reads the query of `GET /v1/events`. Throws `bad-request` with all its faults. */
export function readAuditQuery(search: URLSearchParams): AuditQuery {
  const repeated = [...new Set(search.keys())].filter((name) => search.getAll(name).length > 1);
  const parsed = auditQuerySchema.safeParse(Object.fromEntries(search));
  const faults = [
    ...repeated.map((name) => `${shorten(name)}: appears more than once`),
    ...(parsed.success ? [] : parsed.error.issues.flatMap(faultsOf)),
  ];
  // A parameter without a value is more likely a mistake than a search for an empty value.
  for (const name of known) if (search.get(name) === '') faults.push(`${name}: is empty`);
  if (faults.length > 0 || !parsed.success)
    throw new ProblemError('bad-request', `Invalid query: ${faults.join('; ')}.`);
  return parsed.data;
}
