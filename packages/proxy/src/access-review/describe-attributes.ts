import type { ReviewAttributes } from './review-attributes.ts';

/** Says in words what a review asks about. */
export function describeAttributes(attributes: ReviewAttributes): string {
  if ('nonResourceAttributes' in attributes) {
    const { verb, path } = attributes.nonResourceAttributes;
    return `${verb} ${path}`;
  }
  const { verb, group, resource, subresource, namespace, name } = attributes.resourceAttributes;
  const kind = `${resource}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
  return `${verb} ${kind}${name ? ` "${name}"` : ''}${namespace ? ` in the namespace ${namespace}` : ''}`;
}
