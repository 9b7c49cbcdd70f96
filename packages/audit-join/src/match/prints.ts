import { createHash } from 'node:crypto';

/** Returns a number (52 bits of a SHA-256) that stands for a text in a comparison. Never 0. */
function print(text: string): number {
  return Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 13), 16) + 1;
}

/** The API server adds these to the groups that it is given. */
const added = /^system:(?:authenticated|unauthenticated|serviceaccounts(?::.*)?)$/;

/** Returns what stands for the UID and the groups of a user, in any order and without those that the API server adds. */
export function identityPrint(user: { uid?: string | undefined; groups?: readonly string[] | undefined }): number {
  const groups = [...new Set(user.groups)].filter((group) => !added.test(group)).toSorted();
  return print(JSON.stringify([user.uid ?? '', groups]));
}

/** Paths that were cut, or in which something was escaped or redacted, cannot be compared. */
const uncertain = /[^\x21-\x7e]|\\u00[0-9a-f]{2}|\[redacted[:\]]/;
const maxUri = 1024;

/** Returns what stands for the path of a request, or 0 if it cannot be compared. */
export function pathPrint(requestURI: string): number {
  const path = requestURI.split('?', 1)[0]!;
  return path.length >= maxUri || uncertain.test(path) ? 0 : print(path);
}
