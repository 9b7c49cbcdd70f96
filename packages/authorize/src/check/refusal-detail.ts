import { type EndReason, isThroughNode, ruleLabel, type Check, type Decision } from '@sallyport/contracts';
import {
  criterionOfReason,
  nameOf,
  namespaceOf,
  type Reason,
  type SessionInput,
  type UserInput,
} from '@sallyport/policy';

const details: Partial<Record<EndReason, string>> = {
  refused: 'Your identity provider rejected this login, so it was ended. Log in again.',
  changed: 'Your account at the identity provider has changed, so this login was ended. Log in again.',
  'provider-away': 'Your identity provider could not be reached for too long, so this login was ended. Log in again.',
  'provider-logout': 'You were logged out at your identity provider, so this login was ended too. Log in again.',
  limit: 'You logged in elsewhere and reached the limit of concurrent logins, so this one was ended. Log in again.',
  'parent-ended': 'The login on which this depended has ended, so this has ended too. Log in and create another.',
  deactivated: 'Your account is no longer active, so this login was ended.',
};

/** Returns the message that tells a caller why their session has ended. */
export function sessionEndedDetail(reason: string): string {
  return (
    (Object.hasOwn(details, reason) ? details[reason as EndReason] : undefined) ??
    'This session was ended. Log in again.'
  );
}

const maxText = 253;
const maxGroups = 20;
const maxTargets = 5;
const reachVerbs: Readonly<Record<string, string>> = {
  list: 'lists',
  watch: 'watches',
  deletecollection: 'deletes in',
};

/** Quotes external text for a message that is shown in a terminal: truncated, and without control characters. */
export function quote(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}...` : text;
  return JSON.stringify(short.toWellFormed()).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

/** Returns a user name for a message, quoted unless it is plain. */
export function person(user: string | undefined): string {
  return user !== undefined && /^[\x21-\x7e]{1,253}$/.test(user) ? user : quote(user ?? '');
}

/** Says whom a request asks to act as. */
function actingPhrase(targets: readonly string[] | undefined): string {
  if (targets === undefined) return '';
  const [first = '', ...others] = targets;
  const more = others.length > maxTargets ? ` and ${others.length - maxTargets} more` : '';
  const rest = others.length === 0 ? '' : ` with ${others.slice(0, maxTargets).map(quote).join(', ')}${more}`;
  return ` as ${quote(first)}${rest}`;
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

/** Says what the caller wanted to do. */
function targetPhrase(check: Check): string {
  const { target, request, kubernetes } = check;
  switch (target.kind) {
    case 'cluster':
      return `${requestPhrase(check, target.name)}${actingPhrase(kubernetes?.impersonate)}`;
    case 'route':
      return `${/^[A-Z]{1,32}$/.test(request.method) ? request.method : quote(request.method)} ${quote(request.path)} of ${quote(target.host)}`;
    case 'api':
      return `use ${target.area} of other users`;
    default:
      return 'use this of other users';
  }
}

/** Describes how the caller was authenticated, and what they can do themselves. */
function howAuthenticated(criteria: readonly string[], { acr, amr = [], authTime }: SessionInput): string[] {
  const values: string[] = [];
  if (criteria.includes('acr'))
    values.push(
      `${acr === undefined ? 'your identity provider does not state an authentication class for you' : `you were authenticated as ${quote(acr)}`}; "sallyport login --acr CLASS" requests another`,
    );
  if (criteria.includes('amr'))
    values.push(
      amr.length === 0
        ? 'your identity provider does not state how you were authenticated'
        : `you were authenticated by ${amr.slice(0, maxGroups).map(quote).join(', ')}`,
    );
  if (criteria.includes('max_age') || criteria.includes('auth_time')) {
    const when =
      authTime === undefined || Number.isNaN(new Date(authTime).getTime())
        ? 'your identity provider does not state when you were authenticated'
        : `you were authenticated at ${new Date(authTime).toISOString()}`;
    values.push(`${when}; "sallyport login --max-age 1m" authenticates you again`);
  }
  return values;
}

/** Explains why a request is also evaluated as another verb. */
function extraVerbPhrase(evaluatedAs: string, kubernetes: Check['kubernetes']): string {
  if (evaluatedAs !== 'create')
    return `a request for a Secret must not be denied as ${quote(evaluatedAs)} either, because the response contains the Secret`;
  const why =
    kubernetes?.upsert === true
      ? 'it may create the object'
      : kubernetes?.resource === 'nodes'
        ? 'a kubelet runs commands for any verb'
        : 'an upgraded connection carries data both ways';
  return `it must also be allowed as "create", because ${why}`;
}

/** Explains that a request reaches more than a rule covers, and what to request instead. */
function reachPhrases(
  { reasons, rule }: Pick<Decision, 'rule' | 'reasons'>,
  kubernetes: Check['kubernetes'],
): string[] {
  // A rule in the policy of a namespace implies the namespace, for which other rules need a criterion.
  const spans =
    (reasons.includes('k8s-namespace-open') || reasons.includes('expression-open') || rule.startsWith('namespace/')) &&
    namespaceOf(kubernetes) === undefined;
  if ((spans || reasons.includes('k8s-name-open')) && kubernetes !== undefined && isThroughNode(kubernetes))
    return ['requests through a node reach the pods of all namespaces'];
  if (spans)
    return [`this ${reachVerbs[kubernetes?.verb ?? ''] ?? 'reaches'} all namespaces; ask for one: -n NAMESPACE`];
  const anyName =
    (reasons.includes('k8s-name-open') || reasons.includes('expression-open')) && nameOf(kubernetes) === undefined;
  return anyName ? ['this reaches objects of any name; name one'] : [];
}

function ownValues(criteria: readonly string[], user: UserInput): string[] {
  const values: string[] = [];
  if (criteria.includes('groups')) {
    const groups = user.groups ?? [];
    const more = groups.length > maxGroups ? ` and ${groups.length - maxGroups} more` : '';
    values.push(
      groups.length === 0
        ? 'you are not in any group'
        : `your groups: ${groups.slice(0, maxGroups).map(quote).join(', ')}${more}`,
    );
  }
  if (criteria.includes('email') || criteria.includes('domain'))
    values.push(user.email === undefined ? 'you have no email address' : `your email address: ${quote(user.email)}`);
  return values;
}

/**
 * Returns the message of a refusal: the user, the request and the rule, with the names of the criteria and the caller's
 * own values. What would have been allowed (`explanation`) is included only if the configuration permits it.
 */
export function refusalDetail(
  check: Check,
  decision: Pick<Decision, 'rule' | 'ruleName' | 'reasons' | 'evaluatedAs'>,
  user: UserInput,
  explanation?: string,
  session: SessionInput = {},
): string {
  const what = targetPhrase(check);
  const criteria = [...new Set(decision.reasons.map((reason) => criterionOfReason(reason as Reason)))].filter(
    (name) => name !== undefined,
  );
  const because = [
    ...(criteria.length === 0 ? [] : [`criteria: ${criteria.join(', ')}`]),
    ...(decision.evaluatedAs === undefined ? [] : [extraVerbPhrase(decision.evaluatedAs, check.kubernetes)]),
    ...reachPhrases(decision, check.kubernetes),
    ...ownValues(criteria, user),
    ...(decision.reasons.includes('on-call-open') ? ['it is not known now who is on call; ask your operator'] : []),
    ...howAuthenticated(criteria, session),
    ...(explanation === undefined ? [] : [explanation]),
  ];
  return `policy rule "${ruleLabel(decision)}" does not allow ${person(user.id)} to ${what}${because.length === 0 ? '' : ` (${because.join('; ')})`}`;
}
