import type { ExplainedCriterion, ExplainedRule, Explanation } from './explanation.ts';

const verbPhrases: Readonly<Record<string, string>> = {
  list: 'lists',
  watch: 'watches',
  deletecollection: 'deletes in',
};

/** Reports whether a criterion is open because the request reaches several namespaces. */
const isOpenNamespace = ({ name, open, reason }: ExplainedCriterion): boolean =>
  open === true && (name === 'k8s/namespace' || reason === 'expression-open');

/** Returns the namespace or namespaces that a matcher describes; undefined if its data is hidden or of another kind. */
function namedBy(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return undefined;
  const { is, in: list, starts_with: start } = Array.isArray(data) ? { in: data } : (data as Record<string, unknown>);
  const first: unknown = Array.isArray(list) ? list[0] : is;
  if (typeof first === 'string') return first;
  return typeof start === 'string' && start !== '' ? `those that start with ${start}` : undefined;
}

/** Returns a namespace to ask for instead: one that an allow rule names, and not the denied one. */
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
 * Explains that a request reaches all namespaces, which of them a rule is about, and what to ask for instead. Returns
 * undefined if no criterion of the rule is open for that reason.
 */
export function reachWords(
  explanation: Pick<Explanation, 'asked' | 'rules'>,
  { action, criteria }: ExplainedRule,
): string | undefined {
  const open = criteria.find(isOpenNamespace);
  if (!open) return undefined;
  const { verb, resource } = explanation.asked;
  const named = action === 'deny' && open.name === 'k8s/namespace' ? namedBy(open.data) : undefined;
  const included = named === undefined ? '' : `, including ${named}`;
  if (resource === 'nodes')
    return `requests through a node reach the pods of all namespaces${included}. Ask for the pod itself`;
  return `this ${verbPhrases[verb] ?? 'reaches'} all namespaces${included}. Ask for a single one: -n ${instead(explanation, named)}`;
}
