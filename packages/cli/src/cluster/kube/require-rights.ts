import { fieldOf } from '../../input/untrusted.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { expectKube, type KubeClient } from './kube-client.ts';

/** A right in a cluster, as a SelfSubjectAccessReview names it. */
export type Right = {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  name?: string;
  namespace?: string;
};

/** Names a right for people, such as `create serviceaccounts/token in the namespace sallyport`. */
export function rightName({ verb, group, resource, subresource, name, namespace }: Right): string {
  const where = namespace === undefined ? '' : ` in the namespace ${namespace}`;
  const whole = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${whole}${name === undefined ? '' : ` "${name}"`}${where}`;
}

/** Asks the cluster whether the credential of the client has a right (SelfSubjectAccessReview). */
export async function hasRight(
  client: KubeClient,
  right: Right,
  headers: Record<string, string> = {},
): Promise<boolean> {
  const answer = await client.ask({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    json: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: right },
    },
    headers,
  });
  const body = expectKube(answer, { verb: 'create', what: 'selfsubjectaccessreviews.authorization.k8s.io' });
  return fieldOf(fieldOf(body, 'status'), 'allowed') === true;
}

/** Throws a CliError that lists every right that the credential of the client lacks. */
export async function requireRights(client: KubeClient, rights: readonly Right[], context: string): Promise<void> {
  const lacking: Right[] = [];
  for (const right of rights) if (!(await hasRight(client, right))) lacking.push(right);
  if (lacking.length === 0) return;
  throw new CliError(
    'refused',
    `the cluster does not allow the user of the context "${context}" to: ${lacking.map(rightName).join(', ')}`,
    'Use a kubeconfig of a cluster administrator, or name another --context. Nothing was changed.',
  );
}
