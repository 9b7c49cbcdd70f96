import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStatus, parseRequestTarget, readRequestInfo, type Status } from '@sallyport/kubernetes';
import type { Call, Cluster } from '../access/call.ts';
import { forbidden } from '../access/forbidden.ts';
import { impersonate } from '../access/impersonate.ts';
import { attributesOf } from '../access/rbac.ts';
import { anonymous, type User } from '../access/user.ts';
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
  authenticate: (request: IncomingMessage) => User;
  onRequest: (request: PracticeRequest) => void;
};

/** Handles a request: authenticates and impersonates, authorizes, then answers. */
export async function handleRequest(
  deps: RequestDeps,
  request: IncomingMessage,
  response: ServerResponse,
  upgrade?: Call['upgrade'],
): Promise<void> {
  const auditId = readAuditId(request) ?? deps.cluster.randomUUID();
  response.setHeader('audit-id', auditId);
  try {
    const user = identify(deps, request, auditId, upgrade !== undefined);
    await answer(deps.cluster, { request, response, user, upgrade });
  } catch (error) {
    fail(request, response, error);
  }
}

function identify(
  { cluster, authenticate, onRequest }: RequestDeps,
  request: IncomingMessage,
  auditId: string,
  upgrade: boolean,
): User {
  const { method = '', url = '', rawHeaders } = request;
  let authenticatedAs: User | undefined;
  let actsAs: User | undefined;
  try {
    authenticatedAs = authenticate(request);
    actsAs = impersonate(authenticatedAs, rawHeaders, cluster.access) ?? authenticatedAs;
    return actsAs;
  } finally {
    onRequest({ auditId, method, url, rawHeaders, upgrade, authenticatedAs, actsAs });
  }
}

async function answer(cluster: Cluster, call: Pick<Call, 'request' | 'response' | 'user' | 'upgrade'>): Promise<void> {
  const { method = '', url = '' } = call.request;
  const target = parseRequestTarget(url);
  if (!target.ok) throw badRequest(target.reason);
  const info = readRequestInfo({ method, ...target });
  if (info.verb === '' && info.isResourceRequest && info.resource === '')
    throw new ApiError(500, 'InternalError', 'unable to determine kind and namespace from url');
  for (const attributes of attributesOf(info)) {
    if (cluster.access(call.user, attributes)) continue;
    throw call.user === anonymous ? unauthorized() : forbidden(call.user, attributes);
  }
  const intoPod = info.stream === 'exec' || info.stream === 'attach' || info.stream === 'portforward';
  if (call.upgrade !== undefined && !intoPod) throw badRequest('this resource does not support protocol upgrades');
  await route(cluster, { ...call, target, info });
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const status: Status =
    error instanceof ApiError
      ? error.status
      : createStatus({ code: 500, reason: 'InternalError', message: 'internal error of the practice cluster' });
  if (!(error instanceof ApiError)) console.error('practice cluster:', error);
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
