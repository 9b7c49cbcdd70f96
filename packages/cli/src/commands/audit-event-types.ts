/** The types of events, as the contracts name them, which would take long to load. A test compares the two. */
export const auditEventTypes = [
  'k8s.request',
  'http.request',
  'session.login',
  'session.refreshed',
  'session.revoked',
  'session.ended',
  'session.expired',
  'login.failed',
  'policy.changed',
  'policy.rejected',
  'directory.changed',
  'directory.refused',
  'request.unparsable',
  'stream.opened',
  'stream.cut',
  'stream.closed',
] as const;
