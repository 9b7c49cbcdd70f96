import type { Status } from '@sallyport/kubernetes';
import type { User } from '../access/user.ts';

type AuditUser = Partial<Pick<User, 'username' | 'uid' | 'groups' | 'extra'>>;
type ObjectRef = Partial<Record<'resource' | 'namespace' | 'name' | 'apiGroup' | 'apiVersion' | 'subresource', string>>;

/**
 * An event of this cluster's own audit log. It has the members that kube-apiserver writes for a rule with the level
 * Metadata (Event of audit.k8s.io/v1).
 */
export type ClusterAuditEvent = {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: 'Metadata';
  auditID: string;
  stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';
  requestURI: string;
  verb: string;
  /** The user of the credential. Empty if it was refused. */
  user: AuditUser;
  impersonatedUser?: AuditUser;
  sourceIPs: string[];
  userAgent?: string;
  objectRef?: ObjectRef;
  responseStatus?: { metadata: Record<string, never>; code: number } & Partial<
    Pick<Status, 'status' | 'message' | 'reason' | 'details'>
  >;
  /** RFC 3339 with microseconds, of which this cluster knows milliseconds. */
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
};
