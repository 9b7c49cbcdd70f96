const unescape = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');

/**
 * Returns the claim at a path, in which a slash leads into an object: `kubernetes.io/namespace`. A dot is a part of a
 * name. As in a JSON Pointer (RFC 6901), `~1` is a slash in a name and `~0` a tilde.
 */
export function claimAtPath(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  return path
    .split('/')
    .map(unescape)
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined,
      claims,
    );
}
