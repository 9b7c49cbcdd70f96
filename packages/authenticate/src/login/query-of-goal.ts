import type { LoginRequirements } from '../providers/common/provider-client.ts';
import type { LoginGoal } from './pending-login.ts';

/** What is known of a login that can begin again. */
export type LoginRestart = { goal: LoginGoal; requirements: LoginRequirements; userCode?: string | undefined };

function parametersOf({ goal, userCode }: LoginRestart): Record<string, string> {
  if (goal.kind === 'browser') return { return_to: goal.returnTo };
  if (goal.kind === 'device') return userCode === undefined ? {} : { user_code: userCode };
  if (goal.kind === 'pomerium') return { pomerium_redirect_uri: goal.redirectUri };
  return {
    redirect_uri: goal.redirectUri,
    state: goal.state,
    code_challenge: goal.codeChallenge,
    code_challenge_method: 'S256',
    ...(goal.waitsUntil === undefined ? {} : { waits_until: String(goal.waitsUntil) }),
  };
}

/** Returns the query with which a login of this goal begins again, as strict as it was. */
export function queryOfGoal(login: LoginRestart): URLSearchParams {
  const { maxAge, acrValues } = login.requirements;
  return new URLSearchParams({
    ...parametersOf(login),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  });
}
