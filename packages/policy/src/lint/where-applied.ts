/** The policies of one cluster, by their scopes. */
export type AppliedPolicies = {
  readonly name: string;
  /** For every request. */
  readonly scopes: readonly string[];
  /** In addition, for requests in some namespaces. */
  readonly namespaces: readonly { readonly scopes: readonly string[] }[];
  /** Evaluated, but not enforced. */
  readonly shadow?: readonly string[];
};

/** Where policies apply. */
type Where = {
  /** Returns the clusters to which a policy applies, if it applies anywhere. */
  clustersOf(scope: string): ReadonlySet<string> | undefined;
  /** Returns the policies that apply to every request to which this one applies, with this one. */
  widerScopes(scope: string): ReadonlySet<string>;
  /** Returns the sets of policies that apply together. Equal ones are returned once. */
  together(): readonly (readonly string[])[];
};

/** Determines where the policies of a configuration apply. */
export function createWhere(clusters: readonly AppliedPolicies[]): Where {
  const applied = new Map<string, Set<string>>();
  const wider = new Map<string, Set<string>>();
  for (const { name, scopes, namespaces, shadow = [] } of clusters) {
    const inForce = new Set([...scopes, ...namespaces.flatMap((entry) => entry.scopes)]);
    for (const scope of [...inForce, ...shadow]) {
      const known = applied.get(scope);
      if (known) known.add(name);
      else applied.set(scope, new Set([name]));
    }
    for (const scope of inForce) {
      const known = wider.get(scope);
      wider.set(scope, new Set(known ? scopes.filter((one) => known.has(one)) : scopes).add(scope));
    }
  }
  const sets = new Map(
    clusters.map(({ scopes, namespaces }) => {
      const all = [...new Set([...scopes, ...namespaces.flatMap((entry) => entry.scopes)])];
      return [all.join('\n'), all];
    }),
  );
  return {
    clustersOf: (scope) => applied.get(scope),
    widerScopes: (scope) => wider.get(scope) ?? new Set([scope]),
    together: () => [...sets.values()],
  };
}
