import type { FieldRequirement } from '@sallyport/contracts';
import { parseFieldSelector, parseLabelSelector, type LabelRequirement } from '@sallyport/kubernetes';
import { parameter, type Call } from '../access/call.ts';
import { badRequest } from '../objects/api-error.ts';
import { valueAt, type KubeObject } from '../objects/kube-object.ts';

/** Creates a test for the namespace, name and selectors of a request. */
export function createSelects(call: Pick<Call, 'target' | 'info'>): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(parameter(call, 'labelSelector'));
  const fields = parseFieldSelector(parameter(call, 'fieldSelector'));
  if (labels === undefined) throw badRequest('unable to parse the labelSelector');
  if (fields === undefined) throw badRequest('unable to parse the fieldSelector');
  const { namespace, name, resource } = call.info;
  return (object) =>
    (namespace === '' || resource === 'namespaces' || object.metadata.namespace === namespace) &&
    (name === '' || object.metadata.name === name) &&
    labels.every((requirement) => hasLabel(object.metadata.labels ?? {}, requirement)) &&
    fields.every((requirement) => hasField(object, requirement));
}

function hasField(object: KubeObject, { field, equal, value }: FieldRequirement): boolean {
  const found = valueAt(object, field);
  const text = typeof found === 'string' ? found : found === undefined || found === null ? '' : JSON.stringify(found);
  return (text === value) === equal;
}

function hasLabel(labels: Record<string, string>, { key, operator, values }: LabelRequirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'gt':
      return value !== undefined && /^[0-9]+$/.test(value) && BigInt(value) > BigInt(values[0]!);
    case 'lt':
      return value !== undefined && /^[0-9]+$/.test(value) && BigInt(value) < BigInt(values[0]!);
  }
}
