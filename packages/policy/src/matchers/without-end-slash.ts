/** Returns a path without the slashes at its end; undefined for a path without one, and for the root. */
export function withoutEndSlash(path: string | undefined): string | undefined {
  if (typeof path !== 'string' || path.length < 2 || !path.endsWith('/')) return undefined;
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
