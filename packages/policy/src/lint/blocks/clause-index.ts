import { type ComparedClause, isAboutUsers, type ComparedLiteral } from './compared-clause.ts';

/** Finds the clauses that may be as wide as another, without comparing it with all. */
export type ClauseIndex = {
  /** The clauses that hold for every request. */
  readonly always: readonly ComparedClause[];
  /** Yields clauses, some of them perhaps more than once, until the caller has seen enough. */
  candidates(narrow: ComparedClause): Iterable<ComparedClause>;
};

const maxPrefix = 64;

/** Returns the keys under which a criterion of the wider clause is found: one for each value that may lead to it. */
function keysOfWide({ label, negated, texts, key, prefix, patterns }: ComparedLiteral): readonly string[] {
  if (texts && texts.length > 0) return negated ? [`!${label}=${texts[0]}`] : texts.map((text) => `${label}=${text}`);
  if (prefix !== undefined && !negated) return [`${label}^${prefix}`];
  if (label === 'k8s/resource' && !negated)
    return [...new Set(patterns.map(({ pattern }) => (pattern.includes('*') ? 'glob' : `=${pattern}`)))];
  return [`${negated ? '!' : ''}${key}`];
}

/** Returns the keys under which a criterion that this one implies may be. */
function keysOfNarrow({ label, negated, texts, key, prefix, patterns }: ComparedLiteral): readonly string[] {
  const keys = [`${negated ? '!' : ''}${key}`];
  if (negated) return [...keys, ...(texts ?? []).map((text) => `!${label}=${text}`)];
  if (isAboutUsers(label)) keys.push('authenticated_user');
  if (label === 'k8s/resource') keys.push('glob', `=${patterns[0]?.pattern ?? ''}`);
  const [text] = texts ?? [];
  if (text !== undefined) keys.push(`${label}=${text}`);
  const start = text ?? prefix;
  if (start !== undefined)
    for (let length = 0; length <= Math.min(start.length, maxPrefix); length += 1)
      keys.push(`${label}^${start.slice(0, length)}`);
  return keys;
}

/**
 * Creates an index over clauses. Each is filed under the one of its criteria that is rarest among them, so that very many
 * rules about the same group or verb are not compared with each other.
 */
export function createClauseIndex(clauses: readonly ComparedClause[]): ClauseIndex {
  const counts = new Map<string, number>();
  const filed = clauses.map((clause) => ({ clause, keys: clause.literals.map(keysOfWide) }));
  for (const { keys } of filed) for (const key of keys.flat()) counts.set(key, (counts.get(key) ?? 0) + 1);
  const rarity = (keys: readonly string[]) => keys.reduce((most, key) => Math.max(most, counts.get(key)!), 0);
  const buckets = new Map<string, ComparedClause[]>();
  for (const { clause, keys } of filed) {
    const [first, ...others] = keys;
    if (!first) continue;
    for (const key of others.reduce((best, one) => (rarity(one) < rarity(best) ? one : best), first)) {
      const bucket = buckets.get(key);
      if (bucket) bucket.push(clause);
      else buckets.set(key, [clause]);
    }
  }
  return {
    always: clauses.filter(({ literals }) => literals.length === 0),
    *candidates({ literals }) {
      for (const literal of literals) for (const key of keysOfNarrow(literal)) yield* buckets.get(key) ?? [];
    },
  };
}
