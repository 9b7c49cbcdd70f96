import type { PolicyInput } from '../input/policy-input.ts';
import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import { isOpen } from '../language/verdict.ts';

/** What another login of the same caller must bring: one of these authentication context classes, if there are any. */
export type LoginDemand = { readonly acrValues: readonly string[] };

/** The criteria about how and when the caller was authenticated. Another login can change what they say. */
const aboutLogin: ReadonlySet<string> = new Set(['acr', 'amr', 'auth_time', 'max_age']);

const readsLogin = ({ labels }: Alternative) => labels.some((label) => aboutLogin.has(label));

/** What is certain about an alternative, whatever another login brings. */
function evaluateForAnyLogin(
  { criteria, labels, every, invert }: Alternative,
  input: PolicyInput,
  openIsTrue: boolean,
): 'holds' | 'fails' | 'depends' {
  let depends = false;
  for (let index = 0; index < criteria.length; index += 1) {
    if (aboutLogin.has(labels[index] ?? '')) {
      depends = true;
      continue;
    }
    const verdict = criteria[index]!(input);
    const isTrue = isOpen(verdict) ? openIsTrue : verdict > 0 !== invert;
    // If all parts must be true, one false part decides. If one is enough, one true part decides.
    if (isTrue !== every) return every ? 'fails' : 'holds';
  }
  if (depends) return 'depends';
  return every ? 'holds' : 'fails';
}

/** Returns the classes that a criterion names. A matcher that names none (such as `not`) asks for no class. */
function classesOf(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  if (typeof data !== 'object' || data === null) return [];
  const { is, in: among } = data as { is?: unknown; in?: unknown };
  const named = [is, ...(Array.isArray(among) ? (among as unknown[]) : [])];
  return named.filter((one): one is string => typeof one === 'string');
}

const demandOf = ({ labels, data, invert }: Alternative): string[] =>
  invert ? [] : labels.flatMap((label, index) => (label === 'acr' ? classesOf(data[index]) : []));

/**
 * Determines whether policies that refuse a caller could allow the same if the caller logged in again, and what that
 * login must bring. Undefined if no login helps. For an offer to log in again, never for a decision.
 */
export function allowedAfterLogin(policies: readonly CompiledPolicy[], input: PolicyInput): LoginDemand | undefined {
  if (!policies.some(({ allow, deny }) => allow.some(readsLogin) || deny.some(readsLogin))) return undefined;
  for (const { deny } of policies)
    for (const alternative of deny) if (evaluateForAnyLogin(alternative, input, true) === 'holds') return undefined;
  const possible = policies.flatMap(({ allow }) =>
    allow.filter((alternative) => evaluateForAnyLogin(alternative, input, false) !== 'fails'),
  );
  if (possible.length === 0) return undefined;
  const demands = possible.map(demandOf);
  // If one alternative asks for no class, the easiest login is one without.
  return { acrValues: demands.some((classes) => classes.length === 0) ? [] : [...new Set(demands.flat())] };
}
