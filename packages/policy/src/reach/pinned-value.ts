import { parseFieldTerm, splitFieldSelector } from '@sallyport/contracts';

/**
 * Returns the one value that every object must have in this field. Undefined if the selector does not require one: it
 * is empty, malformed, or requires two.
 */
function findPin(selector: string, field: string): string | undefined {
  let found: string | undefined;
  for (const term of splitFieldSelector(selector)) {
    if (term === '') continue;
    const requirement = parseFieldTerm(term);
    if (requirement === undefined) return undefined;
    if (!requirement.equal || requirement.field !== field) continue;
    if (found !== undefined && found !== requirement.value) return undefined;
    found = requirement.value;
  }
  return found === '' ? undefined : found;
}

// The selector that was read last, so that the many rules that evaluate one request do not each parse it again.
const last = { selector: '', namespace: undefined as string | undefined, name: undefined as string | undefined };

/**
 * Returns the namespace or name that a field selector pins (`metadata.namespace=dev`), read as apimachinery reads it.
 */
export function pinnedValue(selector: unknown, field: 'namespace' | 'name'): string | undefined {
  if (typeof selector !== 'string' || selector === '') return undefined;
  if (selector !== last.selector) {
    Object.assign(last, {
      selector,
      namespace: findPin(selector, 'metadata.namespace'),
      name: findPin(selector, 'metadata.name'),
    });
  }
  return last[field];
}
