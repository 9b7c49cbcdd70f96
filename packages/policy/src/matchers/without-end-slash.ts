/** The other spelling of a path that ends in a slash; undefined for every other path, and for the root. */
export function withoutEndSlash(path: string | undefined): string | undefined {
  if (typeof path !== 'string' || path.length < 2 || !path.endsWith('/')) return undefined;
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
