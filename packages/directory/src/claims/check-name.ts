import { ProblemError } from '@sallyport/kit';
import { nameFault } from './name-fault.ts';

/**
 * Throws `login-failed` for a name that has a fault, by default one that could not be sent to a cluster unchanged. `what`
 * describes the name in the message.
 */
export function checkName(what: string, name: string, faultOf = nameFault): string {
  const fault = faultOf(name);
  if (fault !== undefined) throw new ProblemError('login-failed', `${what} that the identity provider sent ${fault}.`);
  return name;
}
