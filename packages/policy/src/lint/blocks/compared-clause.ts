import { splitResource } from '@sallyport/contracts';
import { canonicalJson } from '../../document/canonical-json.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import { mayActAs } from '../../evaluate/evaluate-policy.ts';
import { finiteTexts, textMatcherOf } from '../../matchers/named-texts.ts';
import { compileResourcePattern, type ResourcePattern } from '../../matchers/resource-pattern.ts';
import { type Literal, resourceItems, type Clause } from './block.ts';

/** A criterion of a clause with what the comparison needs, computed once. */
export type ComparedLiteral = Literal & {
  /** Equal for data that means the same, whatever its layout. */
  readonly key: string;
  /** All the texts that it can match, if there is an end to them. */
  readonly texts: readonly string[] | undefined;
  /** What all texts that it matches begin with, and no others. */
  readonly prefix: string | undefined;
  /** The patterns of `k8s/resource`. */
  readonly patterns: readonly { readonly pattern: string; readonly matches: ResourcePattern }[];
};

/** Criteria that compare one string, exactly, in an allow and in a deny. */
const plain: ReadonlySet<string> = new Set(['k8s/cluster', 'k8s/verb', 'k8s/namespace', 'http_method']);
/** Criteria that hold for one of several texts. */
const anyOf: ReadonlySet<string> = new Set([...plain, 'k8s/name', 'user', 'email', 'domain', 'elevation']);
const ofUsers = /^(?:authenticated_user|user|email|domain|groups|elevation|claim(?:\/.*)?)$/;

/** Reports whether a criterion holds only for someone who is logged in. */
export const isAboutUsers = (label: string): boolean => ofUsers.test(label);

function keyOf({ label, data }: Literal): string {
  if (label === 'accept' || label === 'authenticated_user') return label;
  const short = label === 'groups' && typeof data === 'string' ? { has: data } : data;
  return `${label} ${canonicalJson(short)}`;
}

const prefixOf = (data: unknown) =>
  isPlainObject(data) && typeof data.starts_with === 'string' && Object.keys(data).length === 1
    ? data.starts_with
    : undefined;

const none: ComparedLiteral['patterns'] = [];

/** Prepares a criterion for comparisons. */
function compareLiteral(literal: Literal): ComparedLiteral {
  const texts = anyOf.has(literal.label) ? finiteTexts(literal.data) : undefined;
  return {
    ...literal,
    texts,
    prefix: plain.has(literal.label) ? prefixOf(literal.data) : undefined,
    patterns:
      literal.label === 'k8s/resource'
        ? resourceItems(literal.data).map(({ pattern }) => ({ pattern, matches: compileResourcePattern(pattern) }))
        : none,
    key: texts ? `${literal.label} ${canonicalJson([...new Set(texts)].toSorted())}` : keyOf(literal),
  };
}

type Pattern = ComparedLiteral['patterns'][number];

function covers(wide: Pattern, narrow: Pattern): boolean {
  if (wide.pattern === '*' || wide.pattern === narrow.pattern) return true;
  if (narrow.pattern.includes('*') || !wide.pattern.includes('*')) return false;
  const { name, group = '', subresource = '' } = splitResource(narrow.pattern);
  return wide.matches(name, group, subresource);
}

/** Reports whether every value for which a criterion holds also satisfies another of the same name. */
function isNarrower(narrow: ComparedLiteral, wide: ComparedLiteral): boolean {
  const { label } = narrow;
  if (label === 'k8s/resource')
    return narrow.patterns.every((one) => wide.patterns.some((other) => covers(other, one)));
  if (narrow.texts && wide.texts) {
    const among = new Set(wide.texts);
    return narrow.texts.every((text) => among.has(text));
  }
  if (!plain.has(label)) return false;
  if (narrow.texts) return narrow.texts.every(textMatcherOf(wide.data));
  return narrow.prefix !== undefined && wide.prefix !== undefined && narrow.prefix.startsWith(wide.prefix);
}

/**
 * Reports whether a criterion implies another for every request: if it holds, so does the other, and if it is open, the
 * other is open or holds. Sound but not complete. The other may also be that of a deny, and this one that of an allow.
 */
function implies(narrow: ComparedLiteral, wide: ComparedLiteral): boolean {
  if (narrow.negated !== wide.negated) return false;
  if (wide.label === 'authenticated_user' && !wide.negated) return isAboutUsers(narrow.label);
  if (narrow.label !== wide.label) return false;
  if (narrow.key === wide.key) return true;
  return narrow.negated ? isNarrower(wide, narrow) : isNarrower(narrow, wide);
}

/** A clause that is compared with others. `order`: its place among all. */
export type ComparedClause = {
  readonly clause: Clause;
  readonly scope: string;
  readonly order: number;
  /** Its criteria without those that always hold. */
  readonly literals: readonly ComparedLiteral[];
  /** Whether its criterion on names means a node itself, and no pod that is reached through it. */
  readonly isAboutNodes: boolean;
};

/** Prepares a clause for comparisons. */
export function compareClause(clause: Clause, scope: string, order: number): ComparedClause {
  const literals = clause.literals.filter(({ label, negated }) => label !== 'accept' || negated).map(compareLiteral);
  const mentionsNodes = literals.some(
    ({ label, data }) => label === 'k8s/resource' && JSON.stringify(data).includes('nodes'),
  );
  return {
    clause,
    scope,
    order,
    literals,
    isAboutNodes: mentionsNodes && literals.some(({ label }) => label === 'k8s/name'),
  };
}

const names = ({ literals }: ComparedClause, name: string) => literals.some(({ label }) => label === name);

/**
 * Reports whether a clause certainly holds wherever another does. Through a node, whether a deny by name is open depends
 * on the other criteria of its rule, so a deny about nodes by name is never taken for wider.
 */
export function isWider(wide: ComparedClause, narrow: ComparedClause): boolean {
  if (wide.isAboutNodes && wide.clause.block.action === 'deny') return false;
  const { action, alternative } = wide.clause.block;
  if (action === 'allow' && names(narrow, 'k8s/impersonate') && !mayActAs(alternative)) return false;
  return wide.literals.every((one) => narrow.literals.some((other) => implies(other, one)));
}
