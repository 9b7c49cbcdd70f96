import { splitResource } from '@sallyport/contracts';
import type { FaultList, FaultPath } from '../../document/fault-list.ts';
import { textMatcherOf } from '../../matchers/named-texts.ts';
import { placeOf, literalsOf, type Clause, type Literal, resourceItems } from '../blocks/block.ts';
import type { KnownResource, ResourceCatalog } from '../resources/resource-catalog.ts';
import { resourceVerbs } from '../resources/verbs.ts';

/** A resource that a clause names, if the catalog has it. */
type Item = { known: KnownResource | undefined; subresource: string | undefined; pattern: string; place: FaultPath };

const runs: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

function itemsOf(clause: Clause, { data, index }: Literal, catalog: ResourceCatalog): Item[] {
  return resourceItems(data).map(({ pattern, path }) => {
    const { name, group = '', subresource } = splitResource(pattern);
    return {
      known: subresource?.includes('*') === true ? undefined : catalog.find(group, name),
      subresource,
      pattern,
      place: [...placeOf(clause.block, index), ...path],
    };
  });
}

/**
 * Reports whether requests for a resource never have a namespace. A request for a namespace has its own, and one through
 * a node reaches all.
 */
function hasNoNamespace({ known, subresource }: Item, isDeny: boolean): boolean {
  if (!known || known.namespaced) return false;
  if (known.group !== '') return true;
  return known.resource !== 'namespaces' && !(isDeny && known.resource === 'nodes' && subresource === 'proxy');
}

/**
 * Returns the verbs with which policies see requests for a resource. What can be patched or updated is also evaluated as
 * create, because it may be created. Undefined if they are not known.
 */
function verbsOf({ known, subresource }: Item): readonly string[] | undefined {
  if (!known) return undefined;
  if (subresource === undefined) return ['create', ...known.verbs];
  if (known.group === '' && known.resource === 'pods' && runs.has(subresource)) return ['create'];
  const verbs = known.subresources.get(subresource);
  if (verbs === undefined || subresource === 'proxy') return undefined;
  return verbs.includes('patch') || verbs.includes('update') ? ['create', ...verbs] : verbs;
}

function warnOfVerbs(clause: Clause, items: readonly Item[], warnings: FaultList): void {
  const tests = literalsOf(clause, 'k8s/verb').map(({ data }) => textMatcherOf(data));
  const chosen = resourceVerbs.filter((verb) => tests.every((matches) => matches(verb)));
  if (tests.length === 0 || chosen.length === 0) return;
  const idle = items.filter((item) => verbsOf(item)?.every((verb) => !chosen.includes(verb)) === true);
  // Among others, a resource without one of the verbs does no harm. But an exec is often taken for a get.
  for (const { pattern, place, subresource } of idle.length === items.length
    ? idle
    : idle.filter((item) => runs.has(item.subresource ?? '')))
    warnings.add(
      place,
      runs.has(subresource ?? '')
        ? `never holds with this k8s/verb: ${pattern} is create, over any protocol`
        : `never holds with this k8s/verb: the API server does not serve ${pattern} with it`,
      {
        code: 'never-holds',
        hint: runs.has(subresource ?? '')
          ? 'add create to k8s/verb, or remove this'
          : 'correct the verb or the resource',
      },
    );
}

/** Warns of resources in a rule for which its other criteria never hold: their namespace or their verb. */
export function warnOfIdleResources(clause: Clause, catalog: ResourceCatalog, warnings: FaultList): void {
  const isDeny = clause.block.action === 'deny';
  for (const literal of literalsOf(clause, 'k8s/resource')) {
    const items = itemsOf(clause, literal, catalog);
    if (literalsOf(clause, 'k8s/namespace').length > 0)
      for (const item of items.filter((one) => hasNoNamespace(one, isDeny)))
        warnings.add(item.place, `never holds with k8s/namespace: ${item.pattern} is in no namespace`, {
          code: 'no-namespace',
          hint: 'give it a rule without k8s/namespace',
        });
    warnOfVerbs(clause, items, warnings);
  }
}
