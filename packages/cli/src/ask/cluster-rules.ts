import * as z from 'zod/mini';
import { fieldOf } from '../input/field-of.ts';
import { errorDetail } from '../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';

type RuleQuestion = { verb: string; apiGroup: string; resource: string; subresource: string | undefined };

/**
 * The cluster's own rules for a user. `allows` is absent if they could not be fetched. `said` is the reason, or a note
 * that the rules are incomplete.
 */
export type ClusterRules = { allows?: (question: RuleQuestion) => boolean; said: string | undefined };

const list = z._default(z.nullable(z.array(z.string())), []);
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

const covers = (names: readonly string[] | null, name: string) =>
  names !== null && (names.includes('*') || names.includes(name));

/** Compares as RBAC does: `*`, the name, and for a subresource also `*` with its name. */
function coversResource(resources: readonly string[] | null, { resource, subresource }: RuleQuestion): boolean {
  return subresource === undefined
    ? covers(resources, resource)
    : covers(resources, `${resource}/${subresource}`) || (resources?.includes(`*/${subresource}`) ?? false);
}

/**
 * Asks the cluster, through the gateway and as the user, for its rules in a namespace (SelfSubjectRulesReview). Omits
 * rules for named objects, because they do not apply to the whole kind.
 */
export async function readClusterRules(
  gateway: OpenGateway,
  cluster: string,
  namespace: string,
): Promise<ClusterRules> {
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
  const rules = (resourceRules ?? []).filter(({ resourceNames }) => (resourceNames ?? []).length === 0);
  return {
    said: incomplete
      ? `its list is incomplete${evaluationError === undefined ? '' : `: ${evaluationError.slice(0, 500)}`}`
      : undefined,
    allows: (question) =>
      rules.some(
        ({ verbs, apiGroups, resources }) =>
          covers(verbs, question.verb) && covers(apiGroups, question.apiGroup) && coversResource(resources, question),
      ),
  };
}
