import { ProblemError } from '@sallyport/kit';
import { nameFault } from './name-fault.ts';

/** Refuses a name of a user or group that could not travel to a cluster unchanged. `what` says in words which it is. */
export function checkName(what: string, name: string): string {
  const fault = nameFault(name);
  if (fault !== undefined) throw new ProblemError('login-failed', `${what} that the identity provider sent ${fault}.`);
  return name;
}
