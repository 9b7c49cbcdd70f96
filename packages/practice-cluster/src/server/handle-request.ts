import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStatus, parseRequestTarget, readRequestInfo, type Status } from '@sallyport/kubernetes';
import type { Call, Cluster } from '../access/call.ts';
import { forbidden } from '../access/forbidden.ts';
import { impersonate } from '../access/impersonate.ts';
import { attributesOf } from '../access/rbac.ts';
import { anonymous, type User } from '../access/user.ts';
import type { ClusterAuditEvent } from '../audit/cluster-audit-event.ts';
import { recordRequest, type RequestRecord } from '../audit/record-request.ts';
import { sendStatus } from '../http/reply.ts';
import { ApiError, badRequest, unauthorized } from '../objects/api-error.ts';
import { route } from './route.ts';

/**
 * A request that reached the cluster, for tests and audit. Reported once per request, when the caller is identified and
 * before the request is answered.
 */
export type PracticeRequest = {
  auditId: string;
  method: string;
  url: string;
  /** The header lines as received: name, value, name, value. */
  rawHeaders: readonly string[];
  upgrade: boolean;
  /** The user of the credential. Undefined if it was refused. */
  authenticatedAs: User | undefined;
  /** The user that the request acts as. Undefined if the impersonation was refused. */
  actsAs: User | undefined;
};

export type RequestDeps = {
  cluster: Cluster;
  authenticate: (request: IncomingMessage) => Promise<User>;
  onRequest: (request: PracticeRequest) => void;
  onAudit: (event: ClusterAuditEvent) => void;
};

type Arrived = Pick<Call, 'request' | 'response' | 'upgrade'> & { auditId: string };

/** Handles a request: authenticates and impersonates, authorizes, then answers. */
export async function handleRequest(
  deps: RequestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade?: Call['upgrade'],
): Promise<void> {
  const auditId = readAuditId(request) ?? deps.cluster.randomUUID();
  response.setHeader('audit-id', auditId);
  const { method = '', url = '' } = request;
  const target = parseRequestTarget(url);
  const info = target.ok ? readRequestInfo({ method, ...target }) : undefined;
  // Like the API server, records no request of which it cannot tell what is asked.
  const record =
    info === undefined || info.verb === ''
      ? undefined
      : recordRequest({ clock: deps.cluster.clock, onAudit: deps.onAudit }, { request, info, auditId });
  const note: Call['note'] = (about) => record?.note(about);
  try {
    const user = await identify(deps, { request, response, upgrade, auditId }, record);
    if (!target.ok) throw badRequest(target.reason);
    await answer(deps.cluster, { request, response, user, upgrade, target, info: info!, note }, record);
    record?.answered(upgrade === undefined ? response.statusCode : 101);
  } catch (error) {
    const status = statusOf(error);
    record?.answered(status.code, status);
    fail(request, response, status);
  }
}

async function identify(
  { cluster, authenticate, onRequest }: RequestDeps,
  { request, response, upgrade, auditId }: Arrived,
  record: RequestRecord | undefined,
): Promise<User> {
  const { method = '', url = '', rawHeaders } = request;
  let authenticatedAs: User | undefined;
  let actsAs: User | undefined;
  try {
    authenticatedAs = await authenticate(request);
    record?.received(authenticatedAs);
    (upgrade?.socket ?? response).once('close', () => record?.ended());
    const impersonated = impersonate(authenticatedAs, rawHeaders, cluster.access);
    if (impersonated !== undefined) record?.actsAs(impersonated);
    actsAs = impersonated ?? authenticatedAs;
    return actsAs;
  } finally {
    onRequest({ auditId, method, url, rawHeaders, upgrade: upgrade !== undefined, authenticatedAs, actsAs });
  }
}

async function answer(cluster: Cluster, call: Call, record: RequestRecord | undefined): Promise<void> {
  const { info } = call;
  if (info.verb === '' && info.isResourceRequest && info.resource === '')
    throw new ApiError(500, 'InternalError', 'unable to determine kind and namespace from url');
  for (const attributes of attributesOf(info)) {
    if (cluster.access(call.user, attributes)) continue;
    record?.decided(false);
    throw call.user === anonymous ? unauthorized() : forbidden(call.user, attributes);
  }
  record?.decided(true);
  const intoPod = info.stream === 'exec' || info.stream === 'attach' || info.stream === 'portforward';
  if (call.upgrade !== undefined && !intoPod) throw badRequest('this resource does not support protocol upgrades');
  await route(cluster, call);
}

function statusOf(error: unknown): Status {
  if (error instanceof ApiError) return error.status;
  console.error('practice cluster:', error);
  return createStatus({ code: 500, reason: 'InternalError', message: 'internal error of the practice cluster' });
}

function fail(request: IncomingMessage, response: ServerResponse, status: Status): void {
  if (response.headersSent) return void response.destroy();
  // The unread rest of a body would be parsed as the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  sendStatus(response, status);
}

// Like the API server, adopts the caller's audit ID, truncated to 64 characters.
function readAuditId(request: IncomingMessage): string | undefined {
  const value = request.headers['audit-id'];
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? value.slice(0, 64) : undefined;
}
