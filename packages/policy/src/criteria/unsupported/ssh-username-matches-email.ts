import { definition } from '../../reference/json-schema.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** Whether the user name of an SSH client is the local part of the caller's address. */
export const sshUsernameMatchesEmail = createUnsupportedCriterion({
  name: 'ssh_username_matches_email',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'anything, usually `true`',
  example: true,
  schema: definition('anything'),
  ofCaller: true,
  check: () => {},
});
