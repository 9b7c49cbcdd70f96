import type { Alternative, CompiledPolicy } from './compiled-policy.ts';
import type { Steps } from './compile/run-steps.ts';
import { isOfPerson } from './criteria/is-of-person.ts';
import type { PolicyInput } from './policy-input.ts';
import { isOpen } from './verdict.ts';

/** What is certain of an alternative by who somebody is, whatever they ask for: that it holds, that it does not, or neither. */
function byPerson({ criteria, labels, every, invert }: Alternative, input: PolicyInput): 'holds' | 'fails' | 'open' {
  let open = false;
  for (let index = 0; index < criteria.length; index += 1) {
    const verdict = isOfPerson(labels[index] ?? '') ? criteria[index]!(input) : undefined;
    if (verdict === undefined || isOpen(verdict)) {
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
 * Says step by step whether any request of this person's could be allowed: yields after each alternative, so that whoever reads it may pause, and returns
 * the answer. Only what tells people apart is judged, and the rest given the benefit of the doubt: for lists of what is somebody's, never for a decision.
 */
export function* mayReach(policies: readonly CompiledPolicy[], input: PolicyInput): Steps<boolean> {
  for (const { deny } of policies) {
    for (const alternative of deny) {
      if (byPerson(alternative, input) === 'holds') return false;
      yield;
    }
  }
  for (const { allow } of policies) {
    for (const alternative of allow) {
      if (byPerson(alternative, input) !== 'fails') return true;
      yield;
    }
  }
  return false;
}
