/**
 * One row of the closed table of everything that can go wrong: HTTP status, title (RFC 9457), Kubernetes reason
 * (metav1.StatusReason).
 */
export type ProblemKind = { status: number; title: string; reason: string };

export const problemTable = {
  'bad-request': { status: 400, title: 'The request is malformed', reason: 'BadRequest' },
  'ambiguous-credential': { status: 400, title: 'More than one credential was sent', reason: 'BadRequest' },
  unauthenticated: { status: 401, title: 'Log in first', reason: 'Unauthorized' },
  forbidden: { status: 403, title: 'The policy does not allow this', reason: 'Forbidden' },
  'forbidden-header': { status: 403, title: 'The request carries an identity header', reason: 'Forbidden' },
  'not-recordable': { status: 403, title: 'The session cannot be recorded', reason: 'Forbidden' },
  'unknown-caller': { status: 403, title: 'This service may not make this call', reason: 'Forbidden' },
  'not-found': { status: 404, title: 'Not found', reason: 'NotFound' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here', reason: 'MethodNotAllowed' },
  conflict: { status: 409, title: 'The request conflicts with the current state', reason: 'Conflict' },
  'too-large': { status: 413, title: 'The request is too large', reason: 'RequestEntityTooLarge' },
  'uri-too-long': { status: 414, title: 'The request target is too long', reason: 'BadRequest' },
  'unsupported-media-type': { status: 415, title: 'The media type is not supported', reason: 'UnsupportedMediaType' },
  'too-many-requests': { status: 429, title: 'Too many requests', reason: 'TooManyRequests' },
  internal: { status: 500, title: 'Internal error', reason: 'InternalError' },
  'upstream-unreachable': { status: 502, title: 'The cluster cannot be reached', reason: 'ServiceUnavailable' },
  'upstream-timeout': { status: 504, title: 'The cluster did not answer in time', reason: 'Timeout' },
  'connector-not-connected': {
    status: 503,
    title: 'The connector is not connected',
    reason: 'ServiceUnavailable',
  },
  'service-unavailable': { status: 503, title: 'A service is not ready', reason: 'ServiceUnavailable' },
  'authorize-unavailable': { status: 503, title: 'No decision is available', reason: 'ServiceUnavailable' },
  'sessions-unavailable': { status: 503, title: 'The session store cannot be reached', reason: 'ServiceUnavailable' },
  'audit-unavailable': { status: 503, title: 'The request cannot be audited', reason: 'ServiceUnavailable' },
  'recording-unavailable': {
    status: 503,
    title: 'The session cannot be recorded now',
    reason: 'ServiceUnavailable',
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'The identity provider cannot be reached',
    reason: 'ServiceUnavailable',
  },
  'login-failed': { status: 403, title: 'The login failed', reason: 'Forbidden' },
  'login-expired': { status: 400, title: 'The login took too long or was already used', reason: 'BadRequest' },
} as const satisfies Record<string, ProblemKind>;

/** A code of the problem table. It is kept over every hop between services. */
export type ProblemCode = keyof typeof problemTable;

/** Reports whether `value` is a code of the table. */
export function isProblemCode(value: unknown): value is ProblemCode {
  return typeof value === 'string' && Object.hasOwn(problemTable, value);
}
