import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import type { Steps } from '../compile/run-steps.ts';
import { isOfPerson } from '../criteria/is-of-person.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { isOpen } from '../language/verdict.ts';

type Watched = { readonly input: PolicyInput; wasRead: boolean };

/**
 * Returns an input that records whether the request is read. The request is not known yet, so the result of an
 * expression that reads it is not known either. The cluster is known.
 */
function watchRequest(from: PolicyInput): Watched {
  const noted = {
    enumerable: true,
    get: () => {
      watched.wasRead = true;
      return undefined;
    },
  };
  // An expression reads all members of each. No other criterion about users reads these two.
  const request = Object.create(from.request ?? {}, { method: noted }) as PolicyInput['request'];
  const kubernetes = Object.create(from.kubernetes ?? {}, { labelSelector: noted }) as PolicyInput['kubernetes'];
  const watched: Watched = { input: { ...from, request, kubernetes }, wasRead: false };
  return watched;
}

/**
 * Returns what is certain about an alternative from the user alone, for any request: that it holds, that it fails, or
 * neither.
 */
function evaluateForUser(
  { criteria, labels, every, invert }: Alternative,
  watched: Watched,
): 'holds' | 'fails' | 'open' {
  let open = false;
  for (let index = 0; index < criteria.length; index += 1) {
    watched.wasRead = false;
    const label = labels[index] ?? '';
    const verdict = isOfPerson(label) || label === 'k8s/cluster' ? criteria[index]!(watched.input) : undefined;
    if (verdict === undefined || watched.wasRead || isOpen(verdict)) {
      open = true;
      continue;
    }
    const itself = verdict > 0;
    const isTrue = invert ? !itself : itself;
    // If all parts must be true, one false part decides. If one is enough, one true part decides.
    if (isTrue !== every) return every ? 'fails' : 'holds';
  }
  if (open) return 'open';
  return every ? 'holds' : 'fails';
}

/**
 * Determines in steps whether any request of this user could be allowed. Yields after each alternative, so that the
 * caller can pause, and returns the answer. Only criteria that distinguish users or clusters are evaluated; the others
 * count as possible. For what a user may know of, never for a decision.
 */
export function* mayReach(policies: readonly CompiledPolicy[], input: PolicyInput): Steps<boolean> {
  const watched = watchRequest(input);
  for (const { deny } of policies) {
    for (const alternative of deny) {
      if (evaluateForUser(alternative, watched) === 'holds') return false;
      yield;
    }
  }
  for (const { allow } of policies) {
    for (const alternative of allow) {
      if (evaluateForUser(alternative, watched) !== 'fails') return true;
      yield;
    }
  }
  return false;
}
