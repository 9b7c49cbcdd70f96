import type { Response } from 'express';
import type { LoginGoal } from '../login/pending-login.ts';
import { queryOfGoal, type LoginRestart } from '../login/query-of-goal.ts';

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
