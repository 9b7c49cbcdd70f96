/** What an event tells about the method of its request. */
export type MethodClues = {
  isResourceRequest: boolean;
  requestVerb: string;
  protocol: string;
  bytesOut: unknown;
  code: unknown;
  allowed: boolean;
};

const methodOfVerb: Record<string, string> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const readingVerbs = new Set(['get', 'list', 'watch']);

/**
 * Finds the HTTP method of a recorded request; undefined where the event leaves it open. A resource is read by GET and
 * by HEAD alike, and only one of them has a body in its answer.
 */
export function methodOf(clues: MethodClues): { name: string | undefined; mayBeOptions: boolean } {
  const { isResourceRequest, requestVerb, protocol, bytesOut, code, allowed } = clues;
  if (!isResourceRequest)
    return requestVerb === ''
      ? { name: undefined, mayBeOptions: true }
      : { name: requestVerb.toUpperCase(), mayBeOptions: requestVerb === 'options' };
  const known = methodOfVerb[requestVerb];
  if (known !== undefined) return { name: known, mayBeOptions: false };
  if (!readingVerbs.has(requestVerb)) return { name: undefined, mayBeOptions: true };
  if (protocol.toLowerCase() === 'websocket') return { name: 'GET', mayBeOptions: false };
  const answered = allowed && typeof bytesOut === 'number' && bytesOut > 0 && typeof code === 'number' && code < 400;
  return { name: answered ? 'GET' : undefined, mayBeOptions: false };
}
