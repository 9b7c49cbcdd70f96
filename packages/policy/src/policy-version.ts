import { createHash } from 'node:crypto';
import { checkBounds } from './compile/check-bounds.ts';

/** JSON with sorted keys and no white space, so that the same policy has the same text however it was laid out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** The short name of a set of policy documents by their scope: 16 hex digits of the SHA-256 of their canonical form. Throws RangeError for what compilePolicy refuses as too deep or too big. */
export function policyVersion(documents: Readonly<Record<string, unknown>>): string {
  const problem = checkBounds(Object.values(documents));
  if (problem) throw new RangeError(`the policy ${problem}`);
  return createHash('sha256').update(canonical(documents)).digest('hex').slice(0, 16);
}
