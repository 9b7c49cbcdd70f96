import { fieldOf } from '../../input/field-of.ts';
import { CliError } from '../../terminal/cli-error.ts';
import type { KubeAnswer } from './kube-client.ts';

/** What a request does, such as `create clusterroles`, for the error if the cluster refuses it. */
export type Doing = { verb: string; what: string };

const longestMessage = 1000;

/** Returns the message of a Kubernetes `Status`, or an empty text. */
export function statusMessage({ body }: KubeAnswer): string {
  const message = fieldOf(body, 'message');
  return typeof message === 'string' ? message.slice(0, longestMessage) : '';
}

/** Returns the body of a 2xx answer. Throws a CliError that says what the cluster refused and what to do. */
export function expectKube(answer: KubeAnswer, { verb, what }: Doing): unknown {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const message = statusMessage(answer);
  const tail = message === '' ? '' : `: ${message}`;
  if (status === 401)
    throw new CliError(
      'refused',
      `the cluster does not accept the credential of the kubeconfig${tail}`,
      'Log in to the cluster again, or name another kubeconfig.',
    );
  if (status === 403)
    throw new CliError(
      'refused',
      `the cluster does not allow you to ${verb} ${what}${tail}`,
      message.includes('attempting to grant')
        ? 'You may only grant rights that you have. Use a kubeconfig of a cluster administrator (cluster-admin).'
        : 'Ask for this right, or use a kubeconfig of a cluster administrator.',
    );
  if (status === 409)
    throw new CliError(
      'refused',
      `${what} was changed by someone else in the meantime${tail}`,
      'Run the command again.',
    );
  if (status === 429 || status >= 500)
    throw new CliError('unreachable', `the cluster is not ready (${status})${tail}`, 'Try again.');
  throw new CliError(
    'refused',
    `the cluster refused to ${verb} ${what} (${status})${tail}`,
    'Correct this and try again.',
  );
}
