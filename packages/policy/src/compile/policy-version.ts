import { hash } from 'node:crypto';
import { canonicalJson } from '../document/canonical-json.ts';
import { checkBounds } from '../document/run-steps.ts';

/**
 * Returns the version of a set of policy documents by scope: 16 hex digits of the SHA-256 of their canonical form.
 * Throws RangeError for documents that compilePolicy refuses as too deep or too large.
 */
export function policyVersion(documents: Readonly<Record<string, unknown>>): string {
  const problem = checkBounds(Object.values(documents));
  if (problem) throw new RangeError(`the policy ${problem}`);
  return hash('sha256', canonicalJson(documents)).slice(0, 16);
}
