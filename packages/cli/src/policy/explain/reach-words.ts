import type { ExplainedCriterion, ExplainedRule, Explanation } from './explanation.ts';

const doings: Readonly<Record<string, string>> = { list: 'lists', watch: 'watches', deletecollection: 'deletes in' };

/** True of a criterion that a request leaves open because it reaches several namespaces. */
export const isOpenNamespace = ({ name, open, reason }: ExplainedCriterion): boolean =>
  open === true && (name === 'k8s/namespace' || reason === 'expression-open');

/**
 * A namespace that a matcher names, or how it describes some; undefined where the rule's data is not shown or says
 * something else.
 */
function namedBy(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return undefined;
  const { is, in: list, starts_with: start } = data as Record<string, unknown>;
  const first: unknown = Array.isArray(list) ? list[0] : is;
  if (typeof first === 'string') return first;
  return typeof start === 'string' && start !== '' ? `those that begin with ${start}` : undefined;
}

/** A namespace to ask for instead: one that a rule which allows names, and none that the rule which denies does. */
function instead({ rules }: Pick<Explanation, 'rules'>, denied: string | undefined): string {
  const allowed = rules
    .filter(({ action }) => action === 'allow')
    .flatMap(({ criteria }) =>
      criteria.filter(({ name }) => name === 'k8s/namespace').map(({ data }) => namedBy(data)),
    );
  return (
    allowed.find((one) => one !== undefined && one !== denied && !one.includes(' ')) ??
    (denied === 'dev' ? 'NAMESPACE' : 'dev')
  );
}

/**
 * Says that a request reaches all namespaces, which of them a rule is about, and what to ask for; undefined if no
 * criterion of the rule is left open by that.
 */
export function reachWords(
  explanation: Pick<Explanation, 'asked' | 'rules'>,
  { action, criteria }: ExplainedRule,
): string | undefined {
  const open = criteria.find(isOpenNamespace);
  if (!open) return undefined;
  const { verb, resource } = explanation.asked;
  const named = action === 'deny' && open.name === 'k8s/namespace' ? namedBy(open.data) : undefined;
  const among = named === undefined ? '' : `, ${named} among them`;
  if (resource === 'nodes')
    return `requests through a node reach the pods of all namespaces${among}; ask for the pod itself`;
  return `this ${doings[verb] ?? 'reaches'} all namespaces${among}; ask for one: -n ${instead(explanation, named)}`;
}
