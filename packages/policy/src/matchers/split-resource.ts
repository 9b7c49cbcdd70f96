/** The parts of a pattern over resources. `group` and `subresource` are undefined if the pattern does not have them. */
export type ResourceParts = {
  readonly name: string;
  readonly group: string | undefined;
  readonly subresource: string | undefined;
};

/** Splits `resource[.group][/subresource]` at the first slash and the first dot before it. */
export function splitResource(pattern: string): ResourceParts {
  const slash = pattern.indexOf('/');
  const subject = slash < 0 ? pattern : pattern.slice(0, slash);
  const dot = subject.indexOf('.');
  return {
    name: dot < 0 ? subject : subject.slice(0, dot),
    group: dot < 0 ? undefined : subject.slice(dot + 1),
    subresource: slash < 0 ? undefined : pattern.slice(slash + 1),
  };
}
