import type { IncomingMessage } from 'node:http';
import type { RequestInfo, Status } from '@sallyport/kubernetes';
import { allowedReason } from '../access/rbac.ts';
import type { User } from '../access/user.ts';
import type { ClusterAuditEvent } from './cluster-audit-event.ts';

/** What becomes of a request, for the audit log. The methods are called in this order, as far as the request gets. */
export type RequestRecord = {
  /** The credential was accepted. Without this, the answer is the only event. */
  received(user: User): void;
  actsAs(user: User): void;
  decided(allowed: boolean): void;
  /** What is known only when the body was read, or when the answer is known. */
  note(about: { name?: string; status?: Status }): void;
  /** The answer begins: with a status if it is an error. */
  answered(code: number, status?: Status): void;
  /** The answer has ended, or the connection was lost before it began. */
  ended(): void;
};

// As kube-apiserver distinguishes them. For these, it also records when the answer begins.
const longRunningVerbs = new Set(['watch', 'proxy']);
const longRunningSubresources = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);
const isLongRunning = (info: RequestInfo) =>
  longRunningVerbs.has(info.requestVerb) || (info.isResourceRequest && longRunningSubresources.has(info.subresource));

/** Records a request in the audit log of the cluster, at the stages at which kube-apiserver does. */
export function recordRequest(
  { clock, onAudit }: { clock: () => number; onAudit: (event: ClusterAuditEvent) => void },
  { request, info, auditId }: { request: IncomingMessage; info: RequestInfo; auditId: string },
): RequestRecord {
  const now = () => new Date(clock()).toISOString().replace('Z', '000Z');
  const received = now();
  let event: Omit<ClusterAuditEvent, 'stage' | 'stageTimestamp'> = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: auditId,
    requestURI: request.url ?? '',
    verb: info.requestVerb,
    user: {},
    sourceIPs: [(request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')],
    ...(request.headers['user-agent'] !== undefined && { userAgent: request.headers['user-agent'] }),
    ...(info.isResourceRequest && { objectRef: referenceOf(info) }),
    requestReceivedTimestamp: received,
  };
  let noted: Status | undefined;
  const emit = (stage: ClusterAuditEvent['stage'], stageTimestamp = now()) =>
    onAudit({ ...event, stage, stageTimestamp });
  return {
    received(user) {
      event = { ...event, user: auditUserOf(user) };
      emit('RequestReceived', received);
    },
    actsAs(user) {
      event = { ...event, impersonatedUser: auditUserOf(user) };
    },
    decided(allowed) {
      event = {
        ...event,
        annotations: {
          'authorization.k8s.io/decision': allowed ? 'allow' : 'forbid',
          'authorization.k8s.io/reason': allowed ? allowedReason : '',
        },
      };
    },
    note({ name, status }) {
      if (name !== undefined) event = { ...event, objectRef: { ...event.objectRef, name } };
      noted = status ?? noted;
    },
    answered(code, failure = noted) {
      const { kind: _kind, apiVersion: _version, ...status } = failure ?? {};
      event = { ...event, responseStatus: { ...status, metadata: {}, code } };
      if (isLongRunning(info) || event.user.username === undefined) emit('ResponseStarted');
    },
    ended() {
      event.responseStatus ??= { metadata: {}, status: 'Success', message: 'Connection closed early', code: 200 };
      emit('ResponseComplete');
    },
  };
}

function auditUserOf({ username, uid, groups, extra }: User) {
  return { username, ...(uid !== undefined && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) };
}

function referenceOf({ resource, namespace, name, apiGroup, apiVersion, subresource }: RequestInfo) {
  const members = Object.entries({ resource, namespace, name, apiGroup, apiVersion, subresource });
  return Object.fromEntries(members.filter(([, value]) => value !== ''));
}
