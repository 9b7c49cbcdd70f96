import { compileGlob, type CompiledPolicy } from '@sallyport/policy';

/**
 * Returns the policies for a request in a namespace. The empty string means no namespace, undefined a request that
 * spans namespaces.
 */
export type SelectPolicies = (namespace: string | undefined) => readonly CompiledPolicy[];

type NamespaceEntry = { readonly match: readonly string[]; readonly policies: readonly CompiledPolicy[] };

const maxCached = 1024;
/** Names of namespaces are not longer in Kubernetes, but a request may contain one of 60,000 characters. */
const maxCachedLength = 63;

/**
 * Returns the policies for a request that spans namespaces: of the policies of namespaces only the deny rules, except
 * for a policy that also applies to the whole cluster.
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
 * Creates the selection: the policies of the whole cluster first, then those of matching namespaces. The selection for
 * a namespace is cached, so that patterns are not matched for every request.
 */
export function createNamespaceSelection(
  everywhere: readonly CompiledPolicy[],
  entries: readonly NamespaceEntry[],
): SelectPolicies {
  if (entries.length === 0) return () => everywhere;
  const patterns = entries.map(({ match, policies }) => ({ globs: match.map(compileGlob), policies }));
  const spanning = selectSpanning(everywhere, entries);
  const cache = new Map<string, readonly CompiledPolicy[]>();
  const select = (namespace: string) => {
    const chosen = patterns
      .filter(({ globs }) => globs.some((matches) => matches(namespace)))
      .flatMap(({ policies }) => policies);
    // A policy that is named twice counts once.
    return [...new Set([...everywhere, ...chosen])];
  };
  return (namespace) => {
    if (namespace === undefined) return spanning;
    if (namespace === '') return everywhere;
    const known = cache.get(namespace);
    if (known) return known;
    // The caller chooses the name, so it must not fill the memory.
    if (namespace.length > maxCachedLength) return select(namespace);
    if (cache.size >= maxCached) cache.clear();
    const selected = select(namespace);
    cache.set(namespace, selected);
    return selected;
  };
}
