import type { PolicyFault } from '../../document/fault-list.ts';
import { labelOf } from '../blocks/block.ts';
import { createClauseIndex, type ClauseIndex } from '../blocks/clause-index.ts';
import { isWider, type ComparedClause } from '../blocks/compared-clause.ts';

/** Clauses to compare, with the scopes of the policies that apply wherever theirs does. */
type ShadowSubject = {
  readonly clauses: readonly ComparedClause[];
  widerScopes(scope: string): ReadonlySet<string>;
  warn(scope: string, path: PolicyFault['path'], message: string, advice: Omit<PolicyFault, 'path' | 'message'>): void;
};

/** How many candidates a clause is compared with at most. */
const maxCandidates = 100;

const none: ClauseIndex = createClauseIndex([]);

function* widerOnes(narrow: ComparedClause, index: ClauseIndex): Iterable<ComparedClause> {
  for (const one of index.always) if (isWider(one, narrow)) yield one;
  let seen = 0;
  for (const candidate of index.candidates(narrow)) {
    seen += 1;
    if (seen > maxCandidates) return;
    if (candidate !== narrow && isWider(candidate, narrow)) yield candidate;
  }
}

function indexBy(clauses: readonly ComparedClause[]): (scope: string, action: string) => ClauseIndex {
  const parts = new Map<string, ComparedClause[]>();
  for (const one of clauses) {
    const key = `${one.clause.block.action} ${one.scope}`;
    const part = parts.get(key);
    if (part) part.push(one);
    else parts.set(key, [one]);
  }
  const indices = new Map([...parts].map(([key, some]) => [key, createClauseIndex(some)]));
  return (scope, action) => indices.get(`${action} ${scope}`) ?? none;
}

const relatedTo = ({ scope, clause }: ComparedClause) => ({ related: { scope, path: clause.path } });

/**
 * Warns of rules without effect: another rule with the same action holds wherever they do, or a deny holds wherever an
 * allow does. Looks up candidates in an index, so the time grows with the number of rules and not with its square.
 */
export function warnOfShadowed({ clauses, widerScopes, warn }: ShadowSubject): void {
  const indexOf = indexBy(clauses);
  const toldOf = new Set<ComparedClause>();
  const isSame = (wide: ComparedClause, narrow: ComparedClause) =>
    isWider(narrow, wide) && widerScopes(wide.scope).has(narrow.scope) && wide.order > narrow.order;
  const denyOf = (narrow: ComparedClause, scope: string) => {
    for (const wide of widerOnes(narrow, indexOf(scope, 'deny'))) return wide;
    return undefined;
  };
  const likeOf = (narrow: ComparedClause, scope: string) => {
    for (const wide of widerOnes(narrow, indexOf(scope, narrow.clause.block.action)))
      if (wide !== narrow && !isSame(wide, narrow)) return wide;
    return undefined;
  };
  for (const narrow of clauses) {
    const { action } = narrow.clause.block;
    const scopes = [...widerScopes(narrow.scope)];
    const find = (look: typeof denyOf) => scopes.map((scope) => look(narrow, scope)).find((one) => one !== undefined);
    const denied = action === 'allow' ? find(denyOf) : undefined;
    const wide = denied ?? find(likeOf);
    if (!wide) continue;
    const name = labelOf(wide.clause.block);
    if (denied && denied.literals.length === 0) {
      if (!toldOf.has(denied))
        warn(
          denied.scope,
          denied.clause.path,
          `denies every request, so ${labelOf(narrow.clause.block)} and other rules allow nothing`,
          {
            code: 'denies-everything',
            hint: 'narrow it, or remove the rules that allow',
          },
        );
      toldOf.add(denied);
    } else if (denied) {
      warn(narrow.scope, narrow.clause.path, `never allows: ${name} denies everything that this matches`, {
        code: 'always-denied',
        hint: 'remove it, or narrow the deny',
        ...relatedTo(wide),
      });
    } else {
      warn(
        narrow.scope,
        narrow.clause.path,
        `has no effect: ${name} ${action === 'allow' ? 'allows' : 'denies'} all of it`,
        {
          code: 'shadowed',
          hint: 'remove it, or narrow the other',
          ...relatedTo(wide),
        },
      );
    }
  }
}
