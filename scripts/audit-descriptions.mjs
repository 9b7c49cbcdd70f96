// Describes each member of an audit event in a sentence or two, for the published JSON Schema. Paths as in
// audit-schema.mjs.
import { sallyportDescriptions } from './sallyport-descriptions.mjs';

export const auditDescriptions = {
  kind: 'Always Event.',
  apiVersion: 'Always audit.k8s.io/v1.',
  level: 'Always Metadata: events never contain bodies.',
  auditID:
    "Identifies the request. All events of one request have the same, and so has the cluster's own event of it. An event that is not about a request has one of its own. Several events share it: identify an event by the ce_id header.",
  stage:
    'RequestReceived: after the decision, before anything goes upstream. ResponseStarted: when the head of a long response arrives. ResponseComplete: at the end.',
  requestURI:
    'The target of the request as the client sent it, without tokens and without the commands of an exec, at most 1,024 characters. Empty if the event is not about a request.',
  verb: "The Kubernetes API server's verb for the request, the lower-case HTTP method of any other request, or what happened to a session, a policy or a directory.",
  user: 'The user who caused the event, as the cluster sees them. Empty if nobody is logged in.',
  'user.username': 'The name of the user.',
  'user.uid': 'Identifies the user: a hash of issuer and subject.',
  'user.groups': 'The groups of the user.',
  'user.extra': 'The extra fields that are sent to the cluster.',
  impersonatedUser:
    'The user that the request named with --as, if the gateway allowed it. The person who did it is in user.',
  'impersonatedUser.username': 'The name of that user.',
  'impersonatedUser.uid': 'The UID of that user.',
  'impersonatedUser.groups': 'The groups of that user.',
  'impersonatedUser.extra': 'The extra fields of that user.',
  sourceIPs: "The client's IP address.",
  userAgent: 'The User-Agent header of the client. Do not trust it.',
  objectRef: 'The object that a request to a Kubernetes resource is about.',
  'objectRef.resource': 'The resource, in the plural.',
  'objectRef.namespace': 'The namespace. Absent if the request spans all of them, or the resource has none.',
  'objectRef.name': 'The name of the object. Absent if the request is about several.',
  'objectRef.apiGroup': 'The API group. Absent for the core group.',
  'objectRef.apiVersion': 'The version of the API group.',
  'objectRef.subresource': 'The subresource, such as exec or log.',
  responseStatus: 'The response. Absent in RequestReceived.',
  'responseStatus.code': 'The HTTP status code.',
  'responseStatus.reason': 'The reason of a refusal, as in a Kubernetes Status.',
  'responseStatus.message':
    'The message of a refusal. For the end of a session and a failed login, the reason, which begins with a word from a closed list.',
  requestReceivedTimestamp: 'When the request arrived. RFC 3339 in UTC, with microseconds.',
  stageTimestamp: 'When this stage was reached. RFC 3339 in UTC, with microseconds.',
  annotations: 'Not used by the gateway. Present so that rules for cluster audit logs find what they expect.',
  sallyport: 'The members that audit.k8s.io does not have.',
  ...sallyportDescriptions,
};

/** Members whose values are RFC 3339 times. */
export const auditTimes = new Set([
  'requestReceivedTimestamp',
  'stageTimestamp',
  'sallyport.aggregated.firstTimestamp',
  'sallyport.aggregated.lastTimestamp',
  'sallyport.elevation.expiresAt',
  'sallyport.elevation.review.dueAt',
  'sallyport.checkpoint.time',
]);

/** Members whose list of values may grow: consumers must expect values that they do not know. */
export const openLists = new Set(['sallyport.alert.kind']);
