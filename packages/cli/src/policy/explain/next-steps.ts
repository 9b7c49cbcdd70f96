import { dataWords, farness, isMet, isPersonal, valueWords } from './rule-words.ts';
import type { ExplainedCriterion, ExplainedRule, Explanation } from './explanation.ts';
import { reachWords } from './reach-words.ts';

/** What somebody can change themselves about the way in which they ask. */
const changeable: Record<string, string> = {
  source_ip: 'ask from another network',
  client_certificate: 'show another client certificate',
  invalid_client_certificate: 'show a client certificate that the gateway trusts',
  date: 'wait for another date',
  day_of_week: 'try on another day',
  time_of_day: 'try at another time',
  elevation: 'get the elevation first',
  'k8s/dry_run': 'try it as a dry run, or without one',
  'k8s/shell_equivalent': 'ask for something else than what is as good as a shell',
  'k8s/exec_command': 'run another command',
};
const request = /^(?:k8s\/|http_)/;
const most = 3;

/** A shell word; whatever a shell could understand otherwise stands in quotes. */
const word = (text: string) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command that asks the gateway and the cluster. */
export function canICommand({ asked, cluster }: Pick<Explanation, 'asked' | 'cluster'>): string {
  const { verb, resource, apiGroup, subresource, namespace, name, path } = asked;
  const what =
    resource === '' ? path : `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${name === '' ? '' : `/${name}`}`;
  const options = [
    subresource === '' ? [] : ['--subresource', subresource],
    namespace === '' || resource === 'namespaces' ? [] : ['-n', namespace],
    cluster === '' ? [] : ['--cluster', cluster],
  ].flat();
  return ['sallyport', 'can-i', verb, what, ...options].map(word).join(' ');
}

const opened: Record<string, string> = {
  'k8s/namespace': 'ask for one namespace',
  'k8s/name': 'ask for one object by its name',
};
const howToChange = ({ name, open }: ExplainedCriterion) =>
  (open === true ? opened[name] : undefined) ??
  changeable[name] ??
  (request.test(name)
    ? `ask for another ${name.replace(/^(?:k8s\/|http_)/, '')}`
    : `have another ${name === 'groups' ? 'group' : name}`);

/**
 * What would have to be otherwise about one criterion; what can be changed by whoever asks comes before what others
 * grant.
 */
function changes(criteria: readonly ExplainedCriterion[], joint: string): string {
  const ordered = criteria.toSorted((a, b) => Number(isPersonal(a)) - Number(isPersonal(b)));
  const words = ordered
    .slice(0, most)
    .map(
      (one) =>
        `${howToChange(one)} (${one.name} is ${valueWords(one)}${one.data === undefined ? '' : `; the rule says ${dataWords(one.data)}`})`,
    );
  return `${words.join(joint)}${ordered.length > most ? `${joint}more` : ''}`;
}

/** What would let a request through that no rule allows: by the rule that is nearest. */
function nearestSteps(explanation: Explanation, you: string): string[] {
  const { rules } = explanation;
  const allow = rules
    .filter(({ action, holds }) => action === 'allow' && !holds)
    .toSorted((a, b) => farness(a) - farness(b));
  const [nearest] = allow;
  if (!nearest) return [];
  const reach = reachSteps(explanation, nearest);
  const unmet = nearest.criteria.filter((one) => !isMet(nearest, one));
  return [
    ...reach,
    `The rule nearest to allowing it is ${nearest.rule}. For it to hold, ${you} would have to ${changes(unmet, nearest.operator === 'and' || nearest.operator === 'not' ? ', and ' : ', or ')}.`,
  ];
}

/** What a request that reaches all namespaces should ask for, by the rule that stands in its way. */
function reachSteps(explanation: Explanation, rule: ExplainedRule | undefined): string[] {
  const words = rule && reachWords(explanation, rule);
  return words === undefined ? [] : [`${words[0]!.toUpperCase()}${words.slice(1)}.`];
}

const report = ({ decision, person }: Explanation) =>
  `Ask whoever runs the gateway, and give them this: ${[`user ${person.user}`, `rule ${decision.rule}`, ...(decision.policyVersion === '' ? [] : [`policy ${decision.policyVersion}`])].join(', ')}.`;

function refusedSteps(explanation: Explanation): string[] {
  const { decision, rules, person, cluster } = explanation;
  const you = person.other ? 'they' : 'you';
  if (decision.rule.endsWith('.impersonate'))
    return [
      `No policy helps: the name ${person.user} may not go to cluster "${cluster}" at all (clusters[].impersonate.allowSystem).`,
    ];
  const denying = rules.find(({ rule, action, holds }) => action === 'deny' && holds && rule === decision.rule);
  if (!denying)
    return [
      ...nearestSteps(explanation, you),
      ...(rules.some(({ action, holds }) => action === 'allow' && !holds)
        ? []
        : [`No rule for this is about ${person.other ? 'them' : 'you'}.`]),
      report(explanation),
    ];
  const held = denying.criteria.filter((one) => isMet(denying, one));
  return [
    ...reachSteps(explanation, denying),
    `Rule ${denying.rule} denies it, and a rule that denies beats every rule that allows. For it not to hold, ${you} would have to ${changes(held, denying.operator === 'and' || denying.operator === 'not' ? ', or ' : ', and ')}.`,
    ...(rules.some(({ action, holds }) => action === 'allow' && holds)
      ? []
      : ['No rule allows it either.', ...nearestSteps(explanation, you)]),
    report(explanation),
  ];
}

/** What somebody who reads an explanation can do next. */
export function nextSteps(explanation: Explanation): string[] {
  const { decision } = explanation;
  if (decision.effect === 'authenticate') return ['Log in: sallyport login. Nobody who is not logged in gets through.'];
  if (decision.effect === 'deny') return refusedSteps(explanation);
  return [
    `The gateway lets it through. The cluster's own RBAC decides as well; ${explanation.person.other ? 'they can ask both' : 'this asks both'}: ${canICommand(explanation)}`,
  ];
}
