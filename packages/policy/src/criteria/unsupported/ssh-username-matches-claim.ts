import { kindOf } from '../../compile/plain-object.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** Whether the user name of an SSH client is among the values of a claim. */
export const sshUsernameMatchesClaim = createUnsupportedCriterion({
  name: 'ssh_username_matches_claim',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'name of a claim',
  example: 'ssh_logins',
  schema: { type: 'string' },
  ofCaller: true,
  check(data, { path, faults }) {
    if (typeof data !== 'string') faults.add(path, `must be the name of a claim, not ${kindOf(data)}`);
  },
});
