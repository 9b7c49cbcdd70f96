/** The lists of this cluster's kinds that a strategic merge patch merges by a key instead of replacing them. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  secrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  ownerReferences: 'uid',
  resourceClaims: 'name',
};

const mergedSets: ReadonlySet<string> = new Set(['finalizers']);

/** Returns the merge key of the list at a path, or undefined for a list that is replaced as a whole. */
export function mergeKeyOf(path: readonly string[]): string | undefined {
  const field = path.at(-1) ?? '';
  if (field === 'ports') return path.some((part) => part.endsWith('ontainers')) ? 'containerPort' : 'port';
  return Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined;
}

/** Reports whether a list of plain values is merged as a set. */
export function isMergedSet(path: readonly string[]): boolean {
  return mergedSets.has(path.at(-1) ?? '');
}
