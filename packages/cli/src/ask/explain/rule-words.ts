import type { ExplainedCriterion, ExplainedRule, Explanation } from '@sallyport/contracts/answers';

const personal = /^(?:user|email|domain|groups|claim|elevation|on_call|authenticated_user)(?:\/|$)/;
const times: ReadonlySet<string> = new Set(['date', 'day_of_week', 'time_of_day']);
/** Criteria that read more than one value, or none. */
const withoutValue = /^(?:accept|reject|expression|cors_preflight|record|device|mcp_tool|pomerium_routes|ssh_\w+)$/;
const maxLength = 160;

/** Reports whether a criterion is about the user, and not about the request. */
export const isPersonal = (criterion: ExplainedCriterion): boolean => personal.test(criterion.name);

/**
 * Reports whether a criterion has the value that its rule needs. An open criterion has it in a deny rule, and does not
 * have it in an allow rule.
 */
export const isMet = ({ action, operator }: ExplainedRule, { holds, open, unnamed }: ExplainedCriterion): boolean =>
  unnamed !== true && (open === true ? action === 'deny' : holds === (operator === 'and' || operator === 'or'));

/**
 * Returns how far a rule is from holding, for sorting. What others must grant counts more than what users can change
 * themselves.
 */
export function distance(rule: ExplainedRule): number {
  const unmet = rule.criteria.filter((one) => !isMet(rule, one));
  const anyIsEnough = rule.operator === 'or' || rule.operator === 'nor';
  const granted = anyIsEnough ? unmet.every(isPersonal) : unmet.some(isPersonal);
  return (anyIsEnough ? Math.min(1, unmet.length) : unmet.length) + (granted ? 0.5 : 0);
}

const bounded = (text: string) => (text.length > maxLength ? `${text.slice(0, maxLength)}...` : text);

/** Returns the value that a policy compares with, as JSON. */
export const dataWords = (data: unknown): string => bounded(JSON.stringify(data) ?? '');

const isNothing = (value: unknown) =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** Returns a value of the user or of the request as short text. */
export function valueWords({ value, name, open }: ExplainedCriterion): string {
  if (open === true && value === undefined) return 'any';
  if (isNothing(value)) return 'none';
  if (times.has(name) && typeof value === 'number') return new Date(value).toISOString();
  const listed =
    Array.isArray(value) && value.every((one) => typeof one === 'string' && /^[^,\s]+$/.test(one))
      ? value.join(', ')
      : undefined;
  return bounded(typeof value === 'string' ? value : (listed ?? JSON.stringify(value) ?? ''));
}

/** Returns the value that a criterion compares, and whose it is. */
export function ownWords(criterion: ExplainedCriterion, person: Explanation['person']): string {
  const who = isPersonal(criterion) ? (person.other ? 'they have' : 'you have') : 'request';
  return withoutValue.test(criterion.name) ? '' : `${who}: ${valueWords(criterion)}`;
}

const conditions = {
  and: ['all of these hold', 'not all of these hold'],
  or: ['one of these holds', 'none of these holds'],
  not: ['none of these holds', 'none of these may hold, but one does'],
  nor: ['not all of these hold', 'not all of these may hold, but all do'],
} as const;

/** Explains why a rule holds or does not. */
export function conditionOf({ operator, holds, criteria }: ExplainedRule): string {
  const [met, unmet] = conditions[operator];
  if (criteria.some(({ unnamed }) => unnamed === true))
    return 'it does not name k8s/impersonate in an and block, without which no rule lets anyone act as another';
  if (criteria.some(({ open }) => open === true))
    return `${criteria.length === 1 ? 'this is' : 'some of these are'} open, which counts as ${holds ? 'met' : 'not met'}`;
  if (criteria.length !== 1) return holds ? met : unmet;
  if (operator === 'and' || operator === 'or') return holds ? 'this holds' : 'this does not hold';
  return holds ? 'this does not hold, as required' : 'this must not hold, but does';
}

/** A criterion, and how many there are of which nothing that is shown differs. */
export type CountedCriterion = { criterion: ExplainedCriterion; count: number };

/**
 * Counts criteria that look the same, because the values that a policy compares with are hidden. Otherwise the same line
 * would be there twice.
 */
export function countEqual(criteria: readonly ExplainedCriterion[]): CountedCriterion[] {
  const counted = new Map<string, CountedCriterion>();
  for (const criterion of criteria) {
    const key = JSON.stringify(criterion);
    const known = counted.get(key);
    if (known) known.count += 1;
    else counted.set(key, { criterion, count: 1 });
  }
  return [...counted.values()];
}

/** Describes a request, to follow "may" in a sentence. */
export function askedWords({ asked, cluster }: Pick<Explanation, 'asked' | 'cluster'>): string {
  const { verb, resource, apiGroup, subresource, namespace, name, path, isResourceRequest, impersonate = [] } = asked;
  const acting = impersonate.length === 0 ? '' : ` as ${impersonate.join(' with ')}`;
  const where = `${cluster === '' ? '' : ` of cluster "${cluster}"`}${acting}`;
  if (resource === '' && !isResourceRequest)
    return verb === '' && path === ''
      ? `do this${where === '' ? '' : ` on cluster "${cluster}"`}`
      : `${verb === '' ? 'ask for' : verb} ${path === '' ? 'this' : `path ${path}`}${where}`;
  const what = `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
  return `${verb === '' ? 'use' : verb} ${what}${name === '' ? '' : ` "${name}"`}${namespace === '' ? '' : ` in namespace "${namespace}"`}${where}`;
}
