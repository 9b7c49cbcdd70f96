import type { IncomingMessage, ServerResponse } from 'node:http';
import { createStatus, parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import type { Status } from '@sallyport/kubernetes';
import { forbidden } from './access/forbidden.ts';
import { impersonate } from './access/impersonate.ts';
import { anonymous } from './access/user.ts';
import type { User } from './access/user.ts';
import { ApiError, badRequest, unauthorized } from './api-error.ts';
import { attributesOf } from './attributes.ts';
import type { Call, Cluster } from './call.ts';
import { sendStatus } from './reply.ts';
import { route } from './route.ts';

/**
 * What reached the cluster, for tests and audit: told once for each request, when it is known who asks and before it is
 * answered.
 */
export type PracticeRequest = {
  auditId: string;
  method: string;
  url: string;
  /** Header lines as they came: name, value, name, value. */
  rawHeaders: readonly string[];
  upgrade: boolean;
  /** Whose credential it was; undefined if that was refused. */
  authenticatedAs: User | undefined;
  /** Whom it acts as; undefined if the impersonation was refused. */
  actsAs: User | undefined;
};

export type RequestDeps = {
  cluster: Cluster;
  authenticate: (request: IncomingMessage) => User;
  onRequest: (request: PracticeRequest) => void;
};

/** The road of every request: who is it, whom does it act as, may that be, and then the answer. */
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
  if (call.upgrade !== undefined && !intoPod) throw badRequest('nothing here can be upgraded to another protocol');
  await route(cluster, { ...call, target, info });
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const status: Status =
    error instanceof ApiError
      ? error.status
      : createStatus({ code: 500, reason: 'InternalError', message: 'internal error of the practice cluster' });
  if (!(error instanceof ApiError)) console.error('practice cluster:', error);
  if (response.headersSent) return void response.destroy();
  // What is left of a body nobody read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  sendStatus(response, status);
}

// The API server adopts the caller's audit ID, cut to 64 characters.
function readAuditId(request: IncomingMessage): string | undefined {
  const value = request.headers['audit-id'];
  return typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? value.slice(0, 64) : undefined;
}
