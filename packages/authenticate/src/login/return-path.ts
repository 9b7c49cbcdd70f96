export const defaultReturnPath = '/.sallyport/me';

/**
 * Reports whether a browser may return to this path after its login: the page at `/`, or a plain path of our own
 * pages, without a query.
 */
export function isAllowedReturnPath(path: string): boolean {
  return path === '/' || (path.length <= 256 && /^\/\.sallyport(?:\/[A-Za-z0-9_-]+)+$/.test(path));
}
