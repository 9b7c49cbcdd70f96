import type { PolicyInput } from '../../input/policy-input.ts';

/** Reports whether the request has a live session. Only then does the user count. */
export function isLoggedIn(input: PolicyInput): boolean {
  return input.session != null && input.session.id !== '';
}
