import type { ServedResource } from '../cluster/served-resource.ts';
import { CliError } from '../../terminal/cli-error.ts';

/** Refuses Secrets, unless the server was started with `--secrets`. */
export function refuseSecrets({ group, resource }: ServedResource, allowed: boolean): void {
  if (allowed || group !== '' || resource !== 'secrets') return;
  throw new CliError(
    'refused',
    'this server shows no Secrets',
    'Its user can start it with --secrets. It then shows which Secrets and keys there are, and hides the values.',
  );
}
