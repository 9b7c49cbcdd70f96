// Describes each event type, and the members of `sallyport` that an event of this type always has.
export const auditTypes = {
  'k8s.request': { summary: 'One stage of a request to a cluster.', has: ['request'] },
  'http.request': {
    summary: "A request to a web application, or to the gateway's own pages or API.",
    has: ['request', 'clientAddress'],
  },
  'request.unparsable': {
    summary: 'Bytes that are not HTTP. The event has the address and the reason only.',
    has: ['clientAddress'],
  },
  'session.login': { summary: 'A session begins.', has: ['identity', 'sessionId'] },
  'session.refreshed': { summary: 'A session follows a change of its user.', has: ['identity', 'sessionId', 'detail'] },
  'session.revoked': {
    summary: 'A user ends a session. user is who did it, sallyport.identity whose session it was.',
    has: ['identity', 'sessionId'],
  },
  'session.ended': {
    summary: 'The gateway ends a session. responseStatus.message is the reason.',
    has: ['identity', 'sessionId'],
  },
  'session.expired': {
    summary: 'A session ends by itself. responseStatus.message is the reason (lifetime or idle), detail when it ended.',
    has: ['identity', 'sessionId', 'detail'],
  },
  'workload.session.started': {
    summary: 'A workload logs in with a token of its platform.',
    has: ['identity', 'sessionId', 'workload'],
  },
  'route.session.started': {
    summary: 'A browser that is logged in gets a session for one web application. detail is its host.',
    has: ['identity', 'sessionId', 'detail'],
  },
  'login.failed': { summary: 'A login is refused. responseStatus.message is the reason.', has: [] },
  'agent.created': {
    summary: 'A user creates an agent. sallyport.detail is its scope.',
    has: ['identity', 'sessionId', 'agent', 'detail'],
  },
  'agent.revoked': {
    summary: 'A user ends an agent. user is who did it, sallyport.identity whose agent it was.',
    has: ['identity', 'sessionId', 'agent'],
  },
  'agent.ended': {
    summary: 'The gateway ends an agent, for example with the login of its user. responseStatus.message is the reason.',
    has: ['identity', 'sessionId', 'agent'],
  },
  'service_account.created': {
    summary: 'A user creates a service account. user is who did it, sallyport.detail its name and groups.',
    has: ['identity', 'sessionId', 'detail'],
  },
  'service_account.revoked': {
    summary: 'A user ends a service account. user is who did it.',
    has: ['identity', 'sessionId'],
  },
  'service_account.ended': {
    summary: 'The gateway ends a service account. responseStatus.message is the reason.',
    has: ['identity', 'sessionId'],
  },
  'service_account.expiring': {
    summary: 'A service account ends within a week, or within a day. sallyport.detail says when, and who made it.',
    has: ['identity', 'sessionId', 'detail'],
  },
  'service_account.name.assigned': {
    summary: 'A name of a service account is given to who had it before. sallyport.detail has the name and its holder.',
    has: ['detail'],
  },
  'service_account.name.released': {
    summary: 'A name of a service account is freed. sallyport.detail has the name and who held it.',
    has: ['detail'],
  },
  'policy.changed': { summary: 'A policy comes into force on a replica.', has: ['policy'] },
  'policy.rejected': { summary: 'A replica refuses a policy, and the one in force stays.', has: ['policy'] },
  'directory.changed': { summary: 'A user or a group of the directory changes.', has: ['directory'] },
  'directory.refused': { summary: 'A push to the directory without a valid token is refused.', has: ['directory'] },
  'stream.opened': { summary: 'The response of a stream begins.', has: ['stream'] },
  'stream.cut': { summary: 'The gateway ends a stream. sallyport.stream.reason says why.', has: ['stream'] },
  'stream.closed': { summary: 'A stream has ended, by either side.', has: ['stream'] },
  'elevation.requested': { summary: 'A user requests an elevation.', has: ['elevation'] },
  'elevation.approved': { summary: 'A user approves an elevation.', has: ['elevation'] },
  'elevation.denied': { summary: 'A user denies an elevation.', has: ['elevation'] },
  'elevation.withdrawn': { summary: 'The requester withdraws an elevation.', has: ['elevation'] },
  'elevation.timed-out': { summary: 'A request for an elevation was not decided in time.', has: ['elevation'] },
  'elevation.activated': { summary: 'An elevation comes into force.', has: ['elevation'] },
  'elevation.extended': { summary: 'An extension of an elevation comes into force.', has: ['elevation'] },
  'elevation.expired': { summary: 'An elevation reaches its end.', has: ['elevation'] },
  'elevation.revoked': { summary: 'A user or the gateway ends an elevation.', has: ['elevation'] },
  'elevation.reviewed': {
    summary: 'A reviewer reviews an elevation. sallyport.detail is the comment.',
    has: ['elevation', 'identity', 'detail'],
  },
  'elevation.review-overdue': { summary: 'An elevation was not reviewed in time.', has: ['elevation'] },
  'notification.failed': {
    summary: 'A channel did not take a notification for a day. detail says what it answered.',
    has: ['elevation', 'notification', 'detail'],
  },
  'recording.started': { summary: 'A recording begins, before the session that it is of.', has: ['recording'] },
  'recording.part': {
    summary: 'A part of a recording is closed. Its files are named with their digests.',
    has: ['recording'],
  },
  'recording.gap': { summary: 'A part of a session is not recorded, which did not have to be.', has: ['recording'] },
  'recording.finished': { summary: 'A recording is complete, cut off or lost.', has: ['recording'] },
  'recording.viewed': { summary: 'A user views a recording.', has: ['recording'] },
  'connector.connected': {
    summary: 'A connector opens a connection to a replica of the gateway.',
    has: ['connector', 'clientAddress'],
  },
  'connector.disconnected': {
    summary: 'A connection of a connector ends. sallyport.connector.reason says why.',
    has: ['connector', 'clientAddress'],
  },
  'connector.refused': {
    summary: 'A connection is refused, for example because its key is unknown. sallyport.connector.reason says why.',
    has: ['connector', 'clientAddress'],
  },
  'audit.checkpoint': { summary: 'A producer ends, or the audit service attests the trail.', has: ['checkpoint'] },
  'audit.gap': { summary: 'Events of a producer are lost.', has: ['gap'] },
  'audit.alert': { summary: "The trail and the cluster's own audit log differ.", has: ['alert'] },
  'audit.reservation': {
    summary: 'A gateway reserves audit IDs for reads of a cluster, or uses no more.',
    has: ['cluster', 'reservation'],
  },
};
