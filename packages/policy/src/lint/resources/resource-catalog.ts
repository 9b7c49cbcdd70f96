import { builtInKind } from '@sallyport/contracts';
import { builtInResources, builtInVersion } from './built-in-resources.ts';

/** A resource as discovery lists it. The group is empty for the core group. */
export type KnownResource = {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: ReadonlyMap<string, readonly string[]>;
};

/** Resources to compare a policy with. */
export type ResourceCatalog = {
  /** Whose resources they are, for messages. */
  readonly source: string;
  find(group: string, resource: string): KnownResource | undefined;
  /** Returns the groups that have a resource of this name. */
  groupsOf(resource: string): readonly string[];
  /** Returns the resources with this singular, short name or kind, whatever its case. */
  named(alias: string): readonly KnownResource[];
  /** Reports whether everything in the group is listed. */
  isComplete(group: string): boolean;
  readonly groups: readonly string[];
  /** Returns the names of the resources of a group. */
  namesIn(group: string): readonly string[];
  hasSubresource(subresource: string): boolean;
};

const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const usualVerbs = ['get', 'patch', 'update'];

/** Reads one line of the built-in resources. */
function readLine(group: string, line: string): KnownResource {
  const [head = '', short = '', verbs = '', subresources = ''] = line.split('|').map((part) => part.trim());
  const [resource = '', kind = ''] = head.split(' ');
  const words = (text: string) => text.split(' ').filter(Boolean);
  return {
    group,
    resource,
    kind,
    singular: kind.toLowerCase(),
    shortNames: words(short),
    namespaced: builtInKind(group, undefined, resource)?.namespaced ?? true,
    verbs: verbs === '' ? everyVerb : words(verbs),
    subresources: new Map(
      words(subresources).map((word) => {
        const [name = '', its] = word.split('=');
        return [name, its?.split('+') ?? usualVerbs];
      }),
    ),
  };
}

/** Adds a value to the list of a key. */
function add<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Creates a catalog. `isComplete` says whether a group may have resources that are not listed. */
export function createResourceCatalog(
  source: string,
  resources: readonly KnownResource[],
  isComplete: (group: string) => boolean,
): ResourceCatalog {
  const byKey = new Map(resources.map((one) => [`${one.group}/${one.resource}`, one]));
  const groups = new Map<string, string[]>();
  const names = new Map<string, string[]>();
  const aliases = new Map<string, KnownResource[]>();
  const subresources = new Set<string>();
  for (const one of resources) {
    add(groups, one.resource, one.group);
    add(names, one.group, one.resource);
    for (const alias of new Set([one.singular, one.kind.toLowerCase(), ...one.shortNames])) add(aliases, alias, one);
    for (const subresource of one.subresources.keys()) subresources.add(subresource);
  }
  return {
    source,
    find: (group, resource) => byKey.get(`${group}/${resource}`),
    groupsOf: (resource) => groups.get(resource) ?? [],
    named: (alias) => aliases.get(alias.toLowerCase()) ?? [],
    isComplete,
    groups: [...names.keys()],
    namesIn: (group) => names.get(group) ?? [],
    hasSubresource: (subresource) => subresources.has(subresource),
  };
}

const builtIn = Object.entries(builtInResources).flatMap(([group, lines]) =>
  lines.map((line) => readLine(group, line)),
);

/** What the API server itself serves. Custom resources cannot be in one of its groups. */
export const builtInCatalog: ResourceCatalog = createResourceCatalog(builtInVersion, builtIn, (group) =>
  Object.hasOwn(builtInResources, group),
);
