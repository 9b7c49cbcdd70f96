import { definition } from '../../reference/json-schema.ts';
import { checkTexts } from './check-texts.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** The CA that signed the key of an SSH client. */
export const sshCa = createUnsupportedCriterion({
  name: 'ssh_ca',
  reason: 'ssh-publickey-unauthorized',
  missing: 'SSH route',
  data: 'public key of a CA, or a list of these',
  example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICa',
  schema: definition('textOrList'),
  check: checkTexts,
});
