/** The parts of a resource. `group` and `subresource` are undefined if the text does not have them. */
type ResourceParts = {
  readonly name: string;
  readonly group: string | undefined;
  readonly subresource: string | undefined;
};

/**
 * Splits `resource[.group][/subresource]`, the form of `k8s/resource` in policies, at the first slash and the first dot
 * before it.
 */
export function splitResource(text: string): ResourceParts {
  const slash = text.indexOf('/');
  const subject = slash < 0 ? text : text.slice(0, slash);
  const dot = subject.indexOf('.');
  return {
    name: dot < 0 ? subject : subject.slice(0, dot),
    group: dot < 0 ? undefined : subject.slice(dot + 1),
    subresource: slash < 0 ? undefined : text.slice(slash + 1),
  };
}
