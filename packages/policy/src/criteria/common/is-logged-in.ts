import type { PolicyInput } from '../../input/policy-input.ts';

/** True if the request comes with a live session; who the user is counts only then. */
export function isLoggedIn(input: PolicyInput): boolean {
  return input.session != null && input.session.id !== '';
}
