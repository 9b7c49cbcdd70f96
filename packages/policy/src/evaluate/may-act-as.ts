import type { Alternative } from '../language/compiled-policy.ts';
import type { PolicyInput } from '../input/policy-input.ts';

/** Reports whether a request asks to act as another. Even an empty list of names does. */
export function asksToActAs({ kubernetes }: PolicyInput): boolean {
  return kubernetes?.impersonate != null;
}

/**
 * Reports whether a block of allow can let someone act as another: an `and` block that names `k8s/impersonate`. A rule that
 * was written without a thought of it never does, whatever else it allows.
 */
export function mayActAs({ every, invert, labels }: Alternative): boolean {
  return every && !invert && labels.includes('k8s/impersonate');
}
