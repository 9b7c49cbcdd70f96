export const defaultReturnPath = '/.sallyport/me';

/** True if a browser may be sent there after its login: a page of our own, named by a plain path without a query. */
export function isAllowedReturnPath(path: string): boolean {
  return path.length <= 256 && /^\/\.sallyport(?:\/[A-Za-z0-9_-]+)+$/.test(path);
}
