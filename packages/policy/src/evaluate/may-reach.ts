import type { Alternative, CompiledPolicy } from '../language/compiled-policy.ts';
import type { Steps } from '../compile/run-steps.ts';
import { isOfPerson } from '../criteria/is-of-person.ts';
import type { PolicyInput } from '../input/policy-input.ts';
import { isOpen } from '../language/verdict.ts';

type Watched = { readonly input: PolicyInput; isAsked: boolean };

/**
 * An input that notes whether anything of the request is looked at. Which request it will be is not known, so that an
 * expression that looks at it is not known either; the cluster is.
 */
function watchRequest(from: PolicyInput): Watched {
  const noted = {
    enumerable: true,
    get: () => {
      watched.isAsked = true;
      return undefined;
    },
  };
  // An expression looks at each whole, by all of its members; at these nothing else of a person's criteria looks.
  const request = Object.create(from.request ?? {}, { method: noted }) as PolicyInput['request'];
  const kubernetes = Object.create(from.kubernetes ?? {}, { labelSelector: noted }) as PolicyInput['kubernetes'];
  const watched: Watched = { input: { ...from, request, kubernetes }, isAsked: false };
  return watched;
}

/**
 * What is certain of an alternative by who somebody is, whatever they ask for: that it holds, that it does not, or
 * neither.
 */
function byPerson({ criteria, labels, every, invert }: Alternative, watched: Watched): 'holds' | 'fails' | 'open' {
  let open = false;
  for (let index = 0; index < criteria.length; index += 1) {
    watched.isAsked = false;
    const verdict = isOfPerson(labels[index] ?? '') ? criteria[index]!(watched.input) : undefined;
    if (verdict === undefined || watched.isAsked || isOpen(verdict)) {
      open = true;
      continue;
    }
    const itself = verdict > 0;
    const isTrue = invert ? !itself : itself;
    // One part that is false decides where all must be true, and one that is true where one is enough.
    if (isTrue !== every) return every ? 'fails' : 'holds';
  }
  if (open) return 'open';
  return every ? 'holds' : 'fails';
}

/**
 * Says step by step whether any request of this person's could be allowed: yields after each alternative, so that
 * whoever reads it may pause, and returns the answer. Only what tells people apart is judged, and the rest given the
 * benefit of the doubt: for lists of what is somebody's, never for a decision.
 */
export function* mayReach(policies: readonly CompiledPolicy[], input: PolicyInput): Steps<boolean> {
  const watched = watchRequest(input);
  for (const { deny } of policies) {
    for (const alternative of deny) {
      if (byPerson(alternative, watched) === 'holds') return false;
      yield;
    }
  }
  for (const { allow } of policies) {
    for (const alternative of allow) {
      if (byPerson(alternative, watched) !== 'fails') return true;
      yield;
    }
  }
  return false;
}
