import { isThroughNode, type Check, type Decision } from '@sallyport/contracts';
import {
  criterionOfReason,
  nameOf,
  namespaceOf,
  type Reason,
  type SessionInput,
  type UserInput,
} from '@sallyport/policy';

const maxText = 253;
const maxGroups = 20;
const reachVerbs: Readonly<Record<string, string>> = {
  list: 'lists',
  watch: 'watches',
  deletecollection: 'deletes in',
};

/** Text that came from outside, for a message that ends up in a terminal: short, quoted, no control characters. */
function quote(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}...` : text;
  return JSON.stringify(short.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

function person(user: string | undefined): string {
  return user !== undefined && /^[\x21-\x7e]{1,253}$/.test(user) ? user : quote(user ?? '');
}

function requestPhrase({ kubernetes }: Check, cluster: string): string {
  if (!kubernetes) return `use cluster ${quote(cluster)}`;
  const { verb, isResourceRequest, resource, apiGroup, subresource, namespace, name, path } = kubernetes;
  const verbWord = /^[a-z]{1,32}$/.test(verb) ? verb : quote(verb);
  if (!isResourceRequest) return `${verbWord} path ${quote(path)} of cluster ${quote(cluster)}`;
  const what = `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
  const plain = /^[a-z0-9./-]{1,253}$/.test(what) ? what : quote(what);
  return `${verbWord} ${plain}${name === '' ? '' : ` ${quote(name)}`}${namespace === '' ? '' : ` in namespace ${quote(namespace)}`} of cluster ${quote(cluster)}`;
}

/** How the caller was authenticated, and what they can do about it themselves. */
function howAuthenticated(criteria: readonly string[], { acr, amr = [], authTime }: SessionInput): string[] {
  const values: string[] = [];
  if (criteria.includes('acr'))
    values.push(
      `${acr === undefined ? 'you were authenticated in no class that your identity provider names' : `you were authenticated as ${quote(acr)}`}; "sallyport login --acr CLASS" asks for another`,
    );
  if (criteria.includes('amr'))
    values.push(
      amr.length === 0
        ? 'your identity provider does not say by which means you were authenticated'
        : `you were authenticated by ${amr.slice(0, maxGroups).map(quote).join(', ')}`,
    );
  if (criteria.includes('max_age') || criteria.includes('auth_time')) {
    const when =
      authTime === undefined || Number.isNaN(new Date(authTime).getTime())
        ? 'your identity provider does not say when you were authenticated'
        : `you were authenticated at ${new Date(authTime).toISOString()}`;
    values.push(`${when}; "sallyport login --max-age 1m" does it anew`);
  }
  return values;
}

/** What a request did to be judged as another verb as well. */
function extraVerbPhrase(judgedAs: string, kubernetes: Check['kubernetes']): string {
  if (judgedAs !== 'create')
    return `whatever is done to a Secret is judged as ${quote(judgedAs)} as well, because the answer holds it`;
  const why =
    kubernetes?.upsert === true
      ? 'it may create the object'
      : kubernetes?.resource === 'nodes'
        ? 'a kubelet runs commands for any verb'
        : 'what is upgraded carries data both ways';
  return `it is judged as "create" as well, because ${why}`;
}

/** Where a request reaches farther than a rule looks: what it does, and what to ask for instead. */
function reachPhrases(
  { reasons, rule }: Pick<Decision, 'rule' | 'reasons'>,
  kubernetes: Check['kubernetes'],
): string[] {
  // A rule of the policies of a namespace says by where it is what another says by a criterion.
  const spans =
    (reasons.includes('k8s-namespace-open') || reasons.includes('expression-open') || rule.startsWith('namespace/')) &&
    namespaceOf(kubernetes) === undefined;
  if ((spans || reasons.includes('k8s-name-open')) && kubernetes !== undefined && isThroughNode(kubernetes))
    return ['what goes through a node reaches the pods of all namespaces'];
  if (spans)
    return [`this ${reachVerbs[kubernetes?.verb ?? ''] ?? 'reaches'} all namespaces; ask for one: -n NAMESPACE`];
  const anyName =
    (reasons.includes('k8s-name-open') || reasons.includes('expression-open')) && nameOf(kubernetes) === undefined;
  return anyName ? ['this reaches objects of any name; ask for one by its name'] : [];
}

function ownValues(criteria: readonly string[], user: UserInput): string[] {
  const values: string[] = [];
  if (criteria.includes('groups')) {
    const groups = user.groups ?? [];
    const more = groups.length > maxGroups ? ` and ${groups.length - maxGroups} more` : '';
    values.push(
      groups.length === 0
        ? 'you are in no group'
        : `your groups: ${groups.slice(0, maxGroups).map(quote).join(', ')}${more}`,
    );
  }
  if (criteria.includes('email') || criteria.includes('domain'))
    values.push(user.email === undefined ? 'you have no e-mail address' : `your e-mail address: ${quote(user.email)}`);
  return values;
}

/**
 * Says who was refused what, where and by which rule: the names of the criteria and the caller's own values; what would
 * have helped only where the configuration lets it be told (`explanation`).
 */
export function refusalDetail(
  check: Check,
  decision: Pick<Decision, 'rule' | 'reasons' | 'judgedAs'>,
  user: UserInput,
  explanation?: string,
  session: SessionInput = {},
): string {
  const { target } = check;
  const what =
    target.kind === 'cluster'
      ? requestPhrase(check, target.name)
      : `use ${target.kind === 'api' ? target.area : 'this'} of others`;
  const criteria = [...new Set(decision.reasons.map((reason) => criterionOfReason(reason as Reason)))].filter(
    (name) => name !== undefined,
  );
  const because = [
    ...(criteria.length === 0 ? [] : [`criteria: ${criteria.join(', ')}`]),
    ...(decision.judgedAs === undefined ? [] : [extraVerbPhrase(decision.judgedAs, check.kubernetes)]),
    ...reachPhrases(decision, check.kubernetes),
    ...ownValues(criteria, user),
    ...howAuthenticated(criteria, session),
    ...(explanation === undefined ? [] : [explanation]),
  ];
  return `policy rule "${decision.rule}" does not allow ${person(user.id)} to ${what}${because.length === 0 ? '' : ` (${because.join('; ')})`}`;
}
