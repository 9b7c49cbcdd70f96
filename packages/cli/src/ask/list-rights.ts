import { canIAnswerSchema, type CanIAnswer } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { includesRight, subtractRules } from '../cluster/check/rule-atoms.ts';
import type { Right } from '../cluster/kube/require-rights.ts';
import { CliError } from '../terminal/cli-error.ts';
import * as z from 'zod/mini';
import { fieldOf } from '../input/untrusted.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { table } from '../terminal/table.ts';

/**
 * The cluster's own rules for a user. `allows` is absent if they could not be fetched. `said` is the reason, or a note
 * that the rules are incomplete.
 */
type ClusterRules = { allows?: (right: Right) => boolean; said: string | undefined };

const list = z.pipe(
  z._default(z.nullable(z.array(z.string())), []),
  z.transform((names) => names ?? []),
);
const reviewSchema = z.object({
  status: z.object({
    resourceRules: z._default(
      z.nullable(z.array(z.object({ verbs: list, apiGroups: list, resources: list, resourceNames: list }))),
      [],
    ),
    incomplete: z._default(z.boolean(), false),
    evaluationError: z.optional(z.string()),
  }),
});

/**
 * Asks the cluster, through the gateway and as the user, for its rules in a namespace (SelfSubjectRulesReview). Omits
 * rules for named objects, because they do not apply to the whole kind.
 */
async function readClusterRules(gateway: OpenGateway, cluster: string, namespace: string): Promise<ClusterRules> {
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const { status, body } = await askAsUser(gateway, {
    method: 'POST',
    path: `/clusters/${encodeURIComponent(cluster)}/apis/authorization.k8s.io/v1/selfsubjectrulesreviews`,
    json: review,
  });
  const read = status === 201 ? reviewSchema.safeParse(body) : undefined;
  if (read?.success !== true) {
    const message = fieldOf(body, 'message');
    return {
      said: (typeof message === 'string' ? message.slice(0, 500) : errorDetail(body)) ?? `it answered ${status}`,
    };
  }
  const { resourceRules, incomplete, evaluationError } = read.data.status;
  const rules = (resourceRules ?? []).filter(({ resourceNames }) => resourceNames.length === 0);
  const allowed = subtractRules(rules, []);
  return {
    said: incomplete
      ? `its list is incomplete${evaluationError === undefined ? '' : `: ${evaluationError.slice(0, 500)}`}`
      : undefined,
    allows: (right) => includesRight(allowed, right),
  };
}

/** What a user may do with one resource, by verb. `cluster` is undefined if the cluster could not be asked. */
type ResourceRights = {
  resource: string;
  verbs: Record<string, { gateway: boolean; cluster: boolean | undefined }>;
};
export type Rights = { policyVersion: string; rights: ResourceRights[]; clusterSaid: string | undefined };

const listedVerbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const;

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
  const read = readAnswer(canIAnswerSchema, expectOk(answer, gateway.address.origin), 'your permissions');
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
  const rights = new Map(kinds.map((kind): [Kind, ResourceRights] => [kind, { resource: nameOf(kind), verbs: {} }]));
  questions.forEach(({ kind, verb }, index) => {
    const { resource, apiGroup: group = '', subresource } = kind;
    const ofCluster = rules.allows?.({ verb, group, resource, subresource });
    rights.get(kind)!.verbs[verb] = { gateway: allowed[index]!, cluster: ofCluster };
  });
  return { policyVersion, rights: [...rights.values()], clusterSaid: rules.said };
}

function cell(right: Rights['rights'][number]['verbs'][string] | undefined): string {
  if (right === undefined) return '';
  if (right.gateway) return right.cluster === undefined ? 'yes?' : right.cluster ? 'yes' : 'policy';
  return right.cluster === true ? 'rbac' : '-';
}

/** Returns the table of permissions, with a legend. */
export function describeRights(
  { rights, clusterSaid, policyVersion }: Rights,
  cluster: string,
  namespace: string,
): string {
  const rows = rights.map(({ resource, verbs }) => [resource, ...listedVerbs.map((verb) => cell(verbs[verb]))]);
  return [
    table(['RESOURCE', ...listedVerbs.map((verb) => verb.toUpperCase())], rows),
    `In namespace ${forTerminal(namespace)} of cluster ${forTerminal(cluster)}, by policy ${forTerminal(policyVersion)}, for an object of any name:`,
    "  yes     the gateway's policy and the cluster's RBAC allow it",
    "  policy  only the gateway's policy allows it; the cluster refuses",
    '  rbac    only the cluster\'s RBAC allows it; the gateway refuses ("sallyport policy explain" tells why)',
    '  -       neither allows it',
    ...(clusterSaid === undefined
      ? []
      : [`The answer of the cluster is uncertain (yes?): ${forTerminal(clusterSaid)}`]),
    'Rules about object names, commands, addresses or times may allow more, or less.',
    '',
  ].join('\n');
}
