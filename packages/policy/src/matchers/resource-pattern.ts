import { compileGlob, splitResource } from '@sallyport/contracts';

/** Reports whether the pattern covers a resource, group (empty: core) and subresource (empty: the object itself). */
export type ResourcePattern = (resource: string, group: string, subresource: string) => boolean;

const coreOnly = (group: string) => group === '';
const objectOnly = (subresource: string) => subresource === '';
const any = () => true;

/**
 * Compiles `resource[.group][/subresource]`, as kubectl writes a group-resource. Each part is a separate glob, so
 * `pods*` covers neither `pods/exec` nor `pods` of another group. No group means the core group, except that the
 * resource `*` means every group. `*` alone covers everything.
 */
export function compileResourcePattern(pattern: string): ResourcePattern {
  if (pattern === '*') return any;
  const { name, group, subresource: sub } = splitResource(pattern);
  const matchesName = compileGlob(name);
  const matchesGroup = group !== undefined ? compileGlob(group) : name === '*' ? any : coreOnly;
  const matchesSubresource = sub === undefined ? objectOnly : withSubresource(sub);
  return (resource, group, subresource) =>
    matchesName(resource) && matchesGroup(group) && matchesSubresource(subresource);
}

/** `pods/*` covers every subresource, but not the pod itself. */
function withSubresource(pattern: string): (subresource: string) => boolean {
  const matches = compileGlob(pattern);
  return (subresource) => subresource !== '' && matches(subresource);
}
