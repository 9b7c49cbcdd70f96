import { splitResource } from '@sallyport/contracts';
import type { PolicyFault, FaultList } from '../../document/fault-list.ts';
import { closeName, quoteName } from '../../document/nearest-name.ts';
import { indicesOf, placeOf, type Block, resourceItems } from '../blocks/block.ts';
import type { KnownResource, ResourceCatalog } from '../resources/resource-catalog.ts';

/** What is wrong with a pattern over resources. */
type ResourceFinding = Required<Pick<PolicyFault, 'message' | 'code'>> & Pick<PolicyFault, 'hint' | 'suggestion'>;

const nameOfGroup = (group: string) => (group === '' ? 'the core group' : `the group ${group}`);
const written = ({ resource, group }: Pick<KnownResource, 'resource' | 'group'>, subresource: string | undefined) =>
  `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;

const spelledLike: ReadonlyMap<string, string> = new Map([
  ['logs', 'log'],
  ['port-forward', 'portforward'],
  ['portforwards', 'portforward'],
  ['tokens', 'token'],
  ['evict', 'eviction'],
  ['debug', 'ephemeralcontainers'],
]);
const ofKubelets: ReadonlySet<string> = new Set(['metrics', 'stats', 'log', 'spec', 'pods', 'healthz', 'configz']);

function judgeSubresource(known: KnownResource, subresource: string, catalog: ResourceCatalog): ResourceFinding {
  const name = written(known, undefined);
  const like = spelledLike.get(subresource);
  const near =
    like !== undefined && known.subresources.has(like) ? like : closeName(subresource, known.subresources.keys());
  const fault = {
    code: 'unknown-subresource',
    message: `${name} has no subresource ${quoteName(subresource)} in ${catalog.source}, so this matches nothing`,
  };
  if (near !== undefined) return { ...fault, hint: `did you mean ${name}/${near}?`, suggestion: written(known, near) };
  if (name === 'nodes' && ofKubelets.has(subresource))
    return { ...fault, hint: 'only the kubelet asks for it; through the gateway it is nodes/proxy' };
  const all = [...known.subresources.keys()];
  return { ...fault, hint: all.length === 0 ? `${name} has none` : `it has ${all.join(', ')}` };
}

/** Returns the resources that were probably meant by the name of a resource that does not exist. */
function meant(name: string, group: string | undefined, catalog: ResourceCatalog): readonly KnownResource[] {
  const lower = name.toLowerCase();
  const exact = catalog.groupsOf(lower).map((one) => catalog.find(one, lower)!);
  const candidates = [...exact, ...catalog.named(name)];
  // A group that is not listed has resources of its own, which may have the same name.
  return group === undefined || catalog.isComplete(group) ? candidates : [];
}

/** Reads the version in the spelling `resource.version.group`, which kubectl accepts. */
const withoutVersion = (group: string) => /^v\d+(?:(?:alpha|beta)\d+)?(?:\.|$)(.*)$/.exec(group)?.[1];

function judgeGroup(name: string, group: string, catalog: ResourceCatalog): string | undefined {
  const rest = withoutVersion(group);
  if (rest !== undefined && catalog.find(rest, name)) return rest;
  const groups = catalog.groupsOf(name);
  return groups.length === 0 ? undefined : closeName(group, groups);
}

function judgeName(
  { name, group, subresource }: { name: string; group: string | undefined; subresource: string | undefined },
  catalog: ResourceCatalog,
): ResourceFinding | undefined {
  const [first, ...others] = meant(name, group, catalog);
  if (first?.resource === name && group === undefined)
    return {
      code: 'resource-group',
      message: 'names a resource that is not in the core group, without its group, so it matches nothing',
      hint: `add its group: ${[first, ...others].map((one) => `.${one.group}`).join(' or ')}`,
      suggestion: written(first, subresource),
    };
  if (first) {
    const instead = written(first, subresource);
    return first.resource === name
      ? {
          code: 'resource-group',
          message: `names a resource that is not in ${nameOfGroup(group!)}, so it matches nothing`,
          hint: `write ${instead}`,
          suggestion: instead,
        }
      : {
          code: 'resource-name',
          message:
            'is not the name of a resource as policies compare it, in the plural and in lower case, so it matches nothing',
          hint: `write ${instead}`,
          suggestion: instead,
        };
  }
  if (group !== undefined && !catalog.isComplete(group)) {
    const right = judgeGroup(name, group, catalog);
    if (right !== undefined)
      return {
        code: 'resource-group',
        message: `names the API group ${quoteName(group)}, which ${catalog.source} does not have`,
        hint: `did you mean ${written({ resource: name, group: right }, subresource)}?`,
        suggestion: written({ resource: name, group: right }, subresource),
      };
    // The group of a custom resource has a dot.
    if (group.includes('.')) return undefined;
  }
  const near = closeName(name, catalog.namesIn(group ?? ''));
  return {
    code: 'unknown-resource',
    message: `names a resource that ${catalog.source} does not have in ${nameOfGroup(group ?? '')}`,
    ...(near === undefined
      ? { hint: 'a custom resource needs its group, as in certificates.cert-manager.io' }
      : {
          hint: `did you mean ${written({ resource: near, group: group ?? '' }, subresource)}?`,
          suggestion: written({ resource: near, group: group ?? '' }, subresource),
        }),
  };
}

/** What is surely or probably wrong with a pattern over resources; undefined if nothing is known to be. */
function judgeResource(pattern: string, catalog: ResourceCatalog): ResourceFinding | undefined {
  const { name, group, subresource } = splitResource(pattern);
  if (pattern === '' || name.includes('*') || group?.includes('*') === true) {
    if (subresource === undefined || subresource.includes('*') || catalog.hasSubresource(subresource)) return undefined;
    const like = spelledLike.get(subresource) ?? '';
    if (!catalog.hasSubresource(like)) return undefined;
    const instead = `${pattern.slice(0, pattern.indexOf('/'))}/${like}`;
    return {
      code: 'unknown-subresource',
      message: `no resource of ${catalog.source} has a subresource ${quoteName(subresource)}`,
      hint: `did you mean ${instead}?`,
      suggestion: instead,
    };
  }
  const known = catalog.find(group ?? '', name);
  if (!known) return judgeName({ name, group, subresource }, catalog);
  if (subresource === undefined || subresource.includes('*') || known.subresources.has(subresource)) return undefined;
  return judgeSubresource(known, subresource, catalog);
}

/** Warns of resources that do not exist as they are written: singular, short and kind names, wrong groups and typos. */
export function warnOfResources(block: Block, catalog: ResourceCatalog, warnings: FaultList): void {
  for (const index of indicesOf(block, 'k8s/resource')) {
    for (const { pattern, path } of resourceItems(block.alternative.data[index])) {
      const found = judgeResource(pattern, catalog);
      if (!found) continue;
      const { message, ...advice } = found;
      warnings.add([...placeOf(block, index), ...path], message, advice);
    }
  }
}
