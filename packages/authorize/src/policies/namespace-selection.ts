import { compileGlob, type CompiledPolicy } from '@sallyport/policy';

/**
 * The policies that hold for a request in a namespace; the empty name stands for none, undefined for a request that
 * spans namespaces.
 */
export type SelectPolicies = (namespace: string | undefined) => readonly CompiledPolicy[];

export type NamespaceEntry = { readonly match: readonly string[]; readonly policies: readonly CompiledPolicy[] };

const maxRemembered = 1024;
/** Kubernetes has no longer names of namespaces; a request may have one of 60,000 characters. */
const longestRemembered = 63;

/**
 * What holds for a request that any namespace may be among those of: of the policies of namespaces only what they deny.
 * A policy that holds everywhere as well is there whole.
 */
function selectSpanning(
  everywhere: readonly CompiledPolicy[],
  entries: readonly NamespaceEntry[],
): readonly CompiledPolicy[] {
  const others = new Set(
    entries
      .flatMap(({ policies }) => policies)
      .filter((policy) => policy.deny.length > 0 && !everywhere.includes(policy)),
  );
  return others.size === 0 ? everywhere : [...everywhere, ...[...others].map((policy) => ({ ...policy, allow: [] }))];
}

/**
 * Puts what holds for some namespaces behind what holds for all of a cluster. What was selected for a namespace is
 * remembered, so that its patterns are not tried for every request.
 */
export function createNamespaceSelection(
  everywhere: readonly CompiledPolicy[],
  entries: readonly NamespaceEntry[],
): SelectPolicies {
  if (entries.length === 0) return () => everywhere;
  const patterns = entries.map(({ match, policies }) => ({ globs: match.map(compileGlob), policies }));
  const spanning = selectSpanning(everywhere, entries);
  const remembered = new Map<string, readonly CompiledPolicy[]>();
  const select = (namespace: string) => {
    const chosen = patterns
      .filter(({ globs }) => globs.some((matches) => matches(namespace)))
      .flatMap(({ policies }) => policies);
    // A policy that is named twice is one.
    return [...new Set([...everywhere, ...chosen])];
  };
  return (namespace) => {
    if (namespace === undefined) return spanning;
    if (namespace === '') return everywhere;
    const known = remembered.get(namespace);
    if (known) return known;
    // Names are the caller's choice: they must not fill the memory.
    if (namespace.length > longestRemembered) return select(namespace);
    if (remembered.size >= maxRemembered) remembered.clear();
    const selected = select(namespace);
    remembered.set(namespace, selected);
    return selected;
  };
}
