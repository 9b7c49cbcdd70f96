import { canISchema, readAnswer, type CanIAnswer } from '../gateway/answers.ts';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { CliError } from '../terminal/cli-error.ts';
import { readClusterRules, type ClusterRules } from './cluster-rules.ts';

/** What a user may do with one resource, by verb. `cluster` is undefined if the cluster could not be asked. */
type ResourceRights = {
  resource: string;
  verbs: Record<string, { gateway: boolean; cluster: boolean | undefined }>;
};
export type Rights = { policyVersion: string; rights: ResourceRights[]; clusterSaid: string | undefined };

export const listedVerbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const;

type Kind = { resource: string; apiGroup?: string; subresource?: string; verbs?: readonly string[] };

/** The most common resources. A subresource has fewer verbs. */
const kinds: readonly Kind[] = [
  { resource: 'pods' },
  { resource: 'pods', subresource: 'log', verbs: ['get'] },
  { resource: 'pods', subresource: 'exec', verbs: ['create'] },
  { resource: 'pods', subresource: 'attach', verbs: ['create'] },
  { resource: 'pods', subresource: 'portforward', verbs: ['create'] },
  { resource: 'services' },
  { resource: 'configmaps' },
  { resource: 'secrets' },
  { resource: 'serviceaccounts' },
  { resource: 'persistentvolumeclaims' },
  { resource: 'events' },
  { resource: 'deployments', apiGroup: 'apps' },
  { resource: 'deployments', apiGroup: 'apps', subresource: 'scale', verbs: ['get', 'update', 'patch'] },
  { resource: 'statefulsets', apiGroup: 'apps' },
  { resource: 'daemonsets', apiGroup: 'apps' },
  { resource: 'jobs', apiGroup: 'batch' },
  { resource: 'cronjobs', apiGroup: 'batch' },
  { resource: 'ingresses', apiGroup: 'networking.k8s.io' },
  { resource: 'networkpolicies', apiGroup: 'networking.k8s.io' },
  { resource: 'roles', apiGroup: 'rbac.authorization.k8s.io' },
  { resource: 'rolebindings', apiGroup: 'rbac.authorization.k8s.io' },
];

const nameOf = ({ resource, apiGroup, subresource }: Kind) =>
  `${resource}${apiGroup === undefined ? '' : `.${apiGroup}`}${subresource === undefined ? '' : `/${subresource}`}`;

async function askPolicy(
  gateway: OpenGateway,
  cluster: string,
  namespace: string,
  requests: readonly object[],
): Promise<CanIAnswer> {
  const answer = await askAsUser(gateway, {
    method: 'POST',
    path: '/.sallyport/api/v1/policy/can-i',
    json: { cluster, namespace, requests },
  });
  if (answer.status === 404)
    throw new CliError(
      'refused',
      errorDetail(answer.body) ?? 'there is nothing to show',
      'If the name is correct, you may do nothing there. Ask the operator of the gateway for access.',
    );
  const read = readAnswer(canISchema, expectOk(answer, gateway.address.origin), 'your permissions');
  if (read.allowed.length !== requests.length)
    throw new CliError(
      'unreachable',
      'the gateway did not answer every question',
      'Check that this program has the same version as the gateway.',
    );
  return read;
}

/**
 * Returns what the user may do in a namespace with the most common resources, by the gateway's policy and by the
 * cluster's own rules.
 */
export async function listRights(gateway: OpenGateway, cluster: string, namespace: string): Promise<Rights> {
  const questions = kinds.flatMap((kind) => (kind.verbs ?? listedVerbs).map((verb) => ({ kind, verb })));
  const { policyVersion, allowed } = await askPolicy(
    gateway,
    cluster,
    namespace,
    questions.map(({ kind: { verbs: _verbs, ...asked }, verb }) => ({ ...asked, verb })),
  );
  const rules: ClusterRules = await readClusterRules(gateway, cluster, namespace);
  const rights = kinds.map((kind): ResourceRights => ({
    resource: nameOf(kind),
    verbs: Object.fromEntries(
      questions.flatMap((question, index) =>
        question.kind === kind
          ? [
              [
                question.verb,
                {
                  gateway: allowed[index]!,
                  cluster: rules.allows?.({
                    verb: question.verb,
                    apiGroup: kind.apiGroup ?? '',
                    resource: kind.resource,
                    subresource: kind.subresource,
                  }),
                },
              ],
            ]
          : [],
      ),
    ),
  }));
  return { policyVersion, rights, clusterSaid: rules.said };
}
