import { splitResource } from '@sallyport/contracts';
import type { FaultList } from '../../document/fault-list.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import { finiteTexts, textMatcherOf } from '../../matchers/named-texts.ts';
import { compileResourcePattern } from '../../matchers/resource-pattern.ts';
import { placeOf, literalsOf, type Clause, type Literal, resourceItems } from '../blocks/block.ts';

/** Criteria over one string, which cannot have two values at once. */
const oneValue = ['k8s/cluster', 'k8s/verb', 'k8s/namespace', 'k8s/name', 'http_method', 'user', 'email', 'domain'];
/** In a deny, these have more than one spelling. */
const spelled: ReadonlySet<string> = new Set(['k8s/name', 'user', 'email', 'domain']);
const ofResources = ['k8s/resource', 'k8s/namespace', 'k8s/name', 'k8s/label_selector', 'k8s/field_selector'];

function isEmpty(data: unknown): boolean {
  return (
    (Array.isArray(data) && data.length === 0) ||
    (isPlainObject(data) && Array.isArray(data.in) && data.in.length === 0)
  );
}

const startOf = ({ data }: Literal) =>
  isPlainObject(data) && typeof data.starts_with === 'string' ? data.starts_with : undefined;

/** Reports whether no string matches all of these, as far as their data shows it. */
function noneMatches(literals: readonly Literal[]): boolean {
  const finite = literals.map(({ data }) => finiteTexts(data)).find((texts) => texts !== undefined);
  if (finite) {
    const tests = literals.map(({ data }) => textMatcherOf(data));
    return !finite.some((text) => tests.every((matches) => matches(text)));
  }
  const starts = literals.flatMap((one) => startOf(one) ?? []);
  return starts.some((one) => starts.some((other) => !one.startsWith(other) && !other.startsWith(one)));
}

/** Reports whether no resource matches all of these, as far as their data shows it. */
function noResourceMatches(literals: readonly Literal[]): boolean {
  const lists = literals.map(({ data }) => resourceItems(data).map(({ pattern }) => pattern));
  const finite = lists.find((list) => list.every((pattern) => !pattern.includes('*')));
  if (!finite || lists.length < 2) return false;
  const tests = lists.map((list) => list.map(compileResourcePattern));
  return !finite.some((pattern) => {
    const { name, group = '', subresource = '' } = splitResource(pattern);
    return tests.every((list) => list.some((matches) => matches(name, group, subresource)));
  });
}

/** Warns of lists without a member. Returns whether one of them keeps the clause from holding. */
function warnOfEmptyLists(clause: Clause, warnings: FaultList): boolean {
  const empty = clause.literals.filter(({ data, label }) => isEmpty(data) && label !== 'claim');
  for (const { index, negated } of empty)
    warnings.add(
      placeOf(clause.block, index),
      negated ? 'is an empty list, so it excludes nothing' : 'is an empty list, so it never holds',
      { code: 'empty-list', hint: 'name at least one, or remove the criterion' },
    );
  return empty.some(({ negated }) => !negated);
}

function findContradiction(clause: Clause): { literals: readonly Literal[]; message: string } | undefined {
  const isDeny = clause.block.action === 'deny';
  for (const label of oneValue) {
    const literals = literalsOf(clause, label);
    if (literals.length === 0 || (isDeny && spelled.has(label)) || !noneMatches(literals)) continue;
    const reach = isDeny && label === 'k8s/namespace' ? ', and denies only requests that span namespaces' : '';
    return {
      literals,
      message: `never holds for one ${label}: no value matches ${literals.length === 1 ? 'all of its operators' : 'all criteria of this name'}${reach}`,
    };
  }
  const resources = literalsOf(clause, 'k8s/resource');
  if (noResourceMatches(resources))
    return { literals: resources, message: 'never holds: no resource matches all criteria of this name' };
  const [path] = literalsOf(clause, 'k8s/non_resource_path');
  const other = ofResources.flatMap((label) => literalsOf(clause, label))[0];
  if (path && other)
    return {
      literals: [path],
      message: `never holds: a request for this path is not for a resource, so it does not match ${other.label}`,
    };
  return undefined;
}

/**
 * Warns of criteria that cannot hold together. Returns whether the clause surely never holds. Case does not count where
 * a deny ignores it, and neither do the other spellings of a name.
 */
export function warnOfContradictions(clause: Clause, warnings: FaultList): boolean {
  if (warnOfEmptyLists(clause, warnings)) return true;
  if (clause.literals.some(({ label, negated }) => negated && label === 'accept')) {
    warnings.add(clause.path, 'never holds, because accept always does', {
      code: 'never-holds',
      hint: 'remove the rule',
    });
    return true;
  }
  const found = findContradiction(clause);
  if (!found) return false;
  warnings.add(placeOf(clause.block, found.literals.at(-1)!.index), found.message, {
    code: 'never-holds',
    hint: 'to match either of several, give one criterion a list, or use or',
  });
  return true;
}
