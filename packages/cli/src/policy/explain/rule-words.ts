import type { ExplainedCriterion, ExplainedRule, Explanation } from './explanation.ts';

const personal = /^(?:user|email|domain|groups|claim|elevation|authenticated_user)(?:\/|$)/;
const times: ReadonlySet<string> = new Set(['date', 'day_of_week', 'time_of_day']);
/** What looks at more than one value, or at none. */
const withoutValue = /^(?:accept|reject|expression|cors_preflight|record|device|mcp_tool|pomerium_routes|ssh_\w+)$/;
const longest = 160;

/** True of what somebody is or has, as opposed to what they ask for and how. */
export const isPersonal = (criterion: ExplainedCriterion): boolean => personal.test(criterion.name);

/**
 * True if the criterion does what its rule wants of it. One that is left open does in a rule that denies, and does not
 * in one that allows.
 */
export const isMet = ({ action, operator }: ExplainedRule, { holds, open }: ExplainedCriterion): boolean =>
  open === true ? action === 'deny' : holds === (operator === 'and' || operator === 'or');

/**
 * For sorting: how far a rule is from holding; what others would have to grant is farther than what somebody can change
 * themselves.
 */
export function farness(rule: ExplainedRule): number {
  const unmet = rule.criteria.filter((one) => !isMet(rule, one));
  const anyIsEnough = rule.operator === 'or' || rule.operator === 'nor';
  const granted = anyIsEnough ? unmet.every(isPersonal) : unmet.some(isPersonal);
  return (anyIsEnough ? Math.min(1, unmet.length) : unmet.length) + (granted ? 0.5 : 0);
}

const bounded = (text: string) => (text.length > longest ? `${text.slice(0, longest)}...` : text);

/** What a policy compares with, as JSON writes it. */
export const dataWords = (data: unknown): string => bounded(JSON.stringify(data) ?? '');

const isNothing = (value: unknown) =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** A value of the person's or the request's in a few words. */
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

/** What somebody has, or the request. */
export function ownWords(criterion: ExplainedCriterion, person: Explanation['person']): string {
  const who = isPersonal(criterion) ? (person.other ? 'they have' : 'you have') : 'request';
  return withoutValue.test(criterion.name) ? '' : `${who}: ${valueWords(criterion)}`;
}

const conditions = {
  and: ['all of these hold', 'not all of these hold'],
  or: ['one of these holds', 'none of these holds'],
  not: ['none of these holds', 'none of these may hold, and one does'],
  nor: ['not all of these hold', 'not all of these may hold, and all do'],
} as const;

/** Why a rule holds or does not, in words. */
export function conditionOf({ operator, holds, criteria }: ExplainedRule): string {
  const [met, unmet] = conditions[operator];
  if (criteria.some(({ open }) => open === true))
    return `${criteria.length === 1 ? 'this is' : 'some of these are'} open, which counts ${holds ? 'as what the rule wants' : 'against it'}`;
  if (criteria.length !== 1) return holds ? met : unmet;
  if (operator === 'and' || operator === 'or') return holds ? 'this holds' : 'this does not hold';
  return holds ? 'this does not hold, as it wants' : 'this may not hold, and does';
}

/** What is asked, in a sentence after "may". */
export function askedWords({ asked, cluster }: Pick<Explanation, 'asked' | 'cluster'>): string {
  const { verb, resource, apiGroup, subresource, namespace, name, path, isResourceRequest } = asked;
  const where = cluster === '' ? '' : ` of cluster "${cluster}"`;
  if (resource === '' && !isResourceRequest)
    return verb === '' && path === ''
      ? `do this${where === '' ? '' : ` on cluster "${cluster}"`}`
      : `${verb === '' ? 'ask for' : verb} ${path === '' ? 'this' : `path ${path}`}${where}`;
  const what = `${resource}${apiGroup === '' ? '' : `.${apiGroup}`}${subresource === '' ? '' : `/${subresource}`}`;
  return `${verb === '' ? 'use' : verb} ${what}${name === '' ? '' : ` "${name}"`}${namespace === '' ? '' : ` in namespace "${namespace}"`}${where}`;
}
