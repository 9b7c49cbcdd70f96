import type { ImpersonateSettings } from '../account/cluster-role.ts';
import { type KubeClient, expectKube } from '../kube/kube-client.ts';
import { hasRight, rightName } from '../kube/require-rights.ts';
import { dangerousRights, defaultRules, expectedRules } from './expected-rules.ts';
import { includesRight, subtractRules, type ExtraRight, type PolicyRule } from './rule-atoms.ts';
import { fieldOf } from '../../input/untrusted.ts';

type ReviewedRules = { rules: PolicyRule[]; incomplete: boolean };

const listOf = (value: unknown): PolicyRule[] => (Array.isArray(value) ? (value as PolicyRule[]) : []);

/** Asks a cluster for the rules that apply to the credential in a namespace (SelfSubjectRulesReview). */
async function reviewRules(
  client: KubeClient,
  namespace: string,
  headers: Record<string, string> = {},
): Promise<ReviewedRules> {
  const answer = await client.ask({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    json: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
    headers,
  });
  const body = expectKube(answer, { verb: 'create', what: 'selfsubjectrulesreviews.authorization.k8s.io' });
  const status = fieldOf(body, 'status');
  return {
    rules: [...listOf(fieldOf(status, 'resourceRules')), ...listOf(fieldOf(status, 'nonResourceRules'))],
    incomplete: fieldOf(status, 'incomplete') === true,
  };
}

/** A right that the gateway should not have. `namespaces` is missing if it has the right in the whole cluster. */
export type FoundRight = { right: string; namespaces?: string[] };
export type ExtraRights = { extra: FoundRight[]; incomplete: boolean };

/** A user without a name anywhere else and without groups, who has only what everyone has who is logged in. */
const anyone = { 'Impersonate-User': 'sallyport:cluster-check' };

/**
 * Finds what the gateway may do in a cluster beyond what its role and every logged-in user may. RoleBindings count in
 * these namespaces only, because no user can list those of the others without further rights.
 */
export async function findExtraRights(
  client: KubeClient,
  cluster: ImpersonateSettings,
  options: { namespaces: readonly string[]; mayImpersonate: boolean },
): Promise<ExtraRights> {
  const expected = [...defaultRules, ...expectedRules(cluster)];
  const places = new Map<string, { extra: ExtraRight; namespaces: string[] }>();
  let incomplete = false;
  for (const namespace of options.namespaces) {
    const own = await reviewRules(client, namespace);
    const common = options.mayImpersonate ? (await reviewRules(client, namespace, anyone)).rules : [];
    incomplete ||= own.incomplete;
    for (const extra of subtractRules(own.rules, [...expected, ...common])) {
      const key = `${extra.verb} ${extra.thing}`;
      const place = places.get(key) ?? { extra, namespaces: [] };
      places.set(key, { ...place, namespaces: [...place.namespaces, namespace] });
    }
  }
  const found = [...places.values()];
  const everywhere = found.filter(({ namespaces }) => namespaces.length === options.namespaces.length);
  const more = await probe(
    client,
    cluster,
    everywhere.map(({ extra }) => extra),
    options.mayImpersonate,
  );
  return { extra: [...merge(found, options.namespaces.length), ...more], incomplete };
}

/** Merges the verbs that are allowed on the same thing in the same namespaces. */
function merge(found: readonly { extra: ExtraRight; namespaces: string[] }[], all: number): FoundRight[] {
  const merged = new Map<string, { verbs: string[]; thing: string; namespaces: string[] }>();
  for (const { extra, namespaces } of found) {
    const key = JSON.stringify([extra.thing, namespaces]);
    const known = merged.get(key) ?? { verbs: [], thing: extra.thing, namespaces };
    merged.set(key, { ...known, verbs: [...known.verbs, extra.verb] });
  }
  return [...merged.values()].map(({ verbs, thing, namespaces }) => ({
    right: `${verbs.join(', ')} ${thing}`,
    ...(namespaces.length === all ? {} : { namespaces }),
  }));
}

/** Asks for the dangerous rights that the rules did not show, because another authorizer may give them. */
async function probe(
  client: KubeClient,
  cluster: ImpersonateSettings,
  found: readonly ExtraRight[],
  mayImpersonate: boolean,
): Promise<FoundRight[]> {
  const expected = subtractRules(expectedRules(cluster), []);
  const more: FoundRight[] = [];
  for (const right of dangerousRights) {
    if (includesRight(expected, right) || includesRight(found, right)) continue;
    if (!(await hasRight(client, right))) continue;
    if (mayImpersonate && (await hasRight(client, right, anyone))) continue;
    more.push({ right: rightName(right) });
  }
  return more;
}
