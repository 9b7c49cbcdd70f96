import type { Response } from 'express';
import type { LoginRequirements } from '../providers/client/provider-client.ts';
import type { LoginGoal } from './pending-login.ts';

/** What is known of a login that can begin again. */
type LoginRestart = { goal: LoginGoal; requirements: LoginRequirements; userCode?: string | undefined };

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
function queryOfGoal(login: LoginRestart): URLSearchParams {
  const { maxAge, acrValues } = login.requirements;
  return new URLSearchParams({
    ...parametersOf(login),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  });
}

/** Where a login began, which decides what its user can do after an error. */
export type LoginPlace = {
  kind: LoginGoal['kind'];
  /** The address at which the user can begin the same login with another provider. */
  choose: string;
};

const key = 'loginPlace';

/** Notes which login a request belongs to, for the page about an error. */
export function noteLoginPlace(response: Response, login: LoginRestart): void {
  const query = queryOfGoal(login);
  query.set('choose', 'true');
  const place: LoginPlace = { kind: login.goal.kind, choose: `/.sallyport/login?${query.toString()}` };
  response.locals[key] = place;
}

/** Returns which login a request belongs to, if that is known. */
export function loginPlaceOf(response: Response): LoginPlace | undefined {
  return response.locals[key] as LoginPlace | undefined;
}
