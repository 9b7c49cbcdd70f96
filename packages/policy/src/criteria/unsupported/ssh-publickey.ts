import { definition } from '../../reference/json-schema.ts';
import { checkTexts } from './check-texts.ts';
import { createUnsupportedCriterion } from './unsupported-criterion.ts';

/** The public key of an SSH client. */
export const sshPublickey = createUnsupportedCriterion({
  name: 'ssh_publickey',
  reason: 'ssh-publickey-unauthorized',
  missing: 'SSH route',
  data: 'public key, or a list of these',
  example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey',
  schema: definition('textOrList'),
  check: checkTexts,
});
