import { compileStringMatcher } from '../../matchers/string-matcher.ts';
import { definition } from '../../reference/json-schema.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** The user name that an SSH client requests. */
export const sshUsername = createUnsupportedCriterion({
  name: 'ssh_username',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'string matcher',
  example: { in: ['ubuntu', 'debian'] },
  schema: definition('textMatcher'),
  check: (data, { path, faults }) => void compileStringMatcher(data, path, faults),
});
