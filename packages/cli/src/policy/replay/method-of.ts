/** What an event records that hints at the method of the request. */
type MethodClues = {
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
 * Returns the HTTP method of a recorded request; undefined if the event leaves it open. Both GET and HEAD read a
 * resource, but only the response to a GET has a body.
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
