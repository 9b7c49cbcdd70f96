import { ruleLabel, type ExplainedCriterion, type ExplainedRule, type Explanation } from '@sallyport/contracts/answers';
import { countEqual, dataWords, distance, isMet, isPersonal, valueWords, type CountedCriterion } from './rule-words.ts';
import { shellWord } from '../../terminal/for-terminal.ts';

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
function reachWords(
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

/** What users can change themselves about their request. */
const changeable: Record<string, string> = {
  source_ip: 'connect from another network',
  client_certificate: 'use another client certificate',
  invalid_client_certificate: 'use a client certificate that the gateway trusts',
  date: 'try on another date',
  day_of_week: 'try on another day',
  time_of_day: 'try at another time',
  elevation: 'get the elevation first',
  on_call: 'be on call',
  'k8s/dry_run': 'try it as a dry run, or not as one',
  'k8s/shell_equivalent': 'ask for something that is not equivalent to a shell',
  'k8s/exec_command': 'run another command',
  'k8s/impersonate': 'act as someone else, or as themselves',
};
const request = /^(?:k8s\/|http_)/;
const maxChanges = 3;

/** Returns the option of can-i for a target. Extras have none. */
function actingOption(target: string): string[] {
  const at = target.indexOf(':');
  const [kind, name] = [target.slice(0, at), target.slice(at + 1)];
  if (kind === 'serviceaccount') return ['--as', `system:serviceaccount:${name.replace('/', ':')}`];
  const option = { user: '--as', group: '--as-group', uid: '--as-uid' }[kind];
  return option === undefined ? [] : [option, name];
}

/** Returns the command that asks both the gateway and the cluster. */
export function canICommand({ asked, cluster }: Pick<Explanation, 'asked' | 'cluster'>): string {
  const { verb, resource, apiGroup, subresource, namespace, name, path, impersonate } = asked;
  const what =
    resource === '' ? path : `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${name === '' ? '' : `/${name}`}`;
  const options = [
    subresource === '' ? [] : ['--subresource', subresource],
    namespace === '' || resource === 'namespaces' ? [] : ['-n', namespace],
    cluster === '' ? [] : ['--cluster', cluster],
    ...(impersonate ?? []).map(actingOption),
  ].flat();
  return ['sallyport', 'can-i', verb, what, ...options].map(shellWord).join(' ');
}

const opened: Record<string, string> = {
  on_call: 'wait until it is known who is on call',
  'k8s/impersonate': 'act with fewer names',
  'k8s/namespace': 'ask for one namespace',
  'k8s/name': 'ask for one object by its name',
};
const howToChange = ({ name, open }: ExplainedCriterion) =>
  (open === true ? opened[name] : undefined) ??
  changeable[name] ??
  (request.test(name)
    ? `ask for another ${name.replace(/^(?:k8s\/|http_)/, '')}`
    : name === 'groups'
      ? 'be in another group'
      : `have another ${name}`);

/** Says how to change a criterion, what it is now and, where the policy is not hidden, what the rule says. */
function changeOf({ criterion, count }: CountedCriterion): string {
  const { name, data } = criterion;
  const what = count === 1 ? `${name} is` : `${count} conditions on ${name}, which is`;
  return `${howToChange(criterion)} (${what} ${valueWords(criterion)}${data === undefined ? '' : `; the rule says ${dataWords(data)}`})`;
}

/** Lists what would have to change. What the caller can change comes before what others must grant. */
function changes(criteria: readonly ExplainedCriterion[], joint: ', and ' | ', or '): string {
  const ordered = countEqual(criteria.toSorted((a, b) => Number(isPersonal(a)) - Number(isPersonal(b))));
  const others = ordered.length - maxChanges;
  const things =
    others === 1 ? 'one other thing' : joint === ', or ' ? `one of ${others} other things` : `${others} other things`;
  return [...ordered.slice(0, maxChanges).map(changeOf), ...(others > 0 ? [`change ${things}`] : [])].join(joint);
}

/** The needs of the closest allow rule, for a request that no rule allows. */
function closestSteps(explanation: Explanation, you: string): string[] {
  const { rules } = explanation;
  const allow = rules
    .filter(({ action, holds }) => action === 'allow' && !holds)
    .toSorted((a, b) => distance(a) - distance(b));
  const [closest] = allow;
  if (!closest) return [];
  const reach = reachSteps(explanation, closest);
  const unmet = closest.criteria.filter((one) => !isMet(closest, one));
  return [
    ...reach,
    `The closest rule is ${ruleLabel(closest)}. For it to allow this, ${you} would have to ${changes(unmet, closest.operator === 'and' || closest.operator === 'not' ? ', and ' : ', or ')}.`,
  ];
}

/** The namespace to ask for instead of all, given the rule that refuses them. */
function reachSteps(explanation: Explanation, rule: ExplainedRule | undefined): string[] {
  const words = rule && reachWords(explanation, rule);
  return words === undefined ? [] : [`${words[0]!.toUpperCase()}${words.slice(1)}.`];
}

const report = ({ decision, person }: Explanation) =>
  `Ask the operator of the gateway, and give them these details: ${[`user ${person.user}`, `rule ${ruleLabel(decision)}`, ...(decision.policyVersion === '' ? [] : [`policy ${decision.policyVersion}`])].join(', ')}.`;

function refusedSteps(explanation: Explanation): string[] {
  const { decision, rules, person, cluster } = explanation;
  const you = person.other ? 'they' : 'you';
  if (decision.rule.endsWith('.impersonate') && explanation.asked.impersonate !== undefined)
    return [
      `No policy can allow this, because the settings of cluster "${cluster}" hold back one of the names to act with (clusters[].impersonate).`,
    ];
  if (decision.rule.endsWith('.impersonate'))
    return [
      `No policy can allow this, because the name ${person.user} may not be used on cluster "${cluster}" (clusters[].impersonate.allowSystem).`,
    ];
  const denying = rules.find(({ rule, action, holds }) => action === 'deny' && holds && rule === decision.rule);
  if (!denying)
    return [
      ...closestSteps(explanation, you),
      ...(rules.some(({ action, holds }) => action === 'allow' && !holds)
        ? []
        : [`No rule for this request applies to ${person.other ? 'them' : 'you'}.`]),
      report(explanation),
    ];
  const held = denying.criteria.filter((one) => isMet(denying, one));
  return [
    ...reachSteps(explanation, denying),
    `Rule ${ruleLabel(denying)} denies it, and a deny rule overrides all allow rules. For it not to apply, ${you} would have to ${changes(held, denying.operator === 'and' || denying.operator === 'not' ? ', or ' : ', and ')}.`,
    ...(rules.some(({ action, holds }) => action === 'allow' && holds)
      ? []
      : ['No rule allows it either.', ...closestSteps(explanation, you)]),
    report(explanation),
  ];
}

/** The elevation that would help, as the refusal itself names it. A command follows the last colon. */
function elevationSteps({ suggestion, person }: Explanation): string[] {
  if (suggestion === undefined) return [];
  return [person.other ? `The refusal tells them: ${suggestion}` : suggestion];
}

/** The next steps for the reader of an explanation. */
export function nextSteps(explanation: Explanation): string[] {
  const { decision } = explanation;
  if (decision.effect === 'authenticate')
    return ['Log in: sallyport login. The gateway requires a login for every request.'];
  if (decision.effect === 'deny') return [...elevationSteps(explanation), ...refusedSteps(explanation)];
  return [
    `The gateway allows it. The cluster's own RBAC must allow it too. ${explanation.person.other ? 'They can check both with' : 'To check both, run'}: ${canICommand(explanation)}`,
  ];
}
