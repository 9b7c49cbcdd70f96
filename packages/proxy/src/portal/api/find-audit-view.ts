import type { IncomingMessage } from 'node:http';
import { auditViewResponseSchema, type AuditViewRequest, type AuditViewResponse } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { requestFacts } from '../../authorize/describe-check.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import type { CallerCredential } from '../calls/caller-credential.ts';
import { searchOf } from '../calls/read-body.ts';

const timeoutMs = 5000;

/** Returns the cluster that a query of the audit trail names. A repeated parameter is refused by the audit service. */
function clusterOf(search: string): { cluster?: string } {
  const cluster = new URLSearchParams(search).get('cluster');
  return cluster === null ? {} : { cluster: cluster.slice(0, 500) };
}

/** Asks authorize which events the caller may see, by `api.policy.audit`. Throws `authorize-unavailable`. */
export async function findAuditView(
  { authorize }: Pick<PortalDeps, 'authorize'>,
  request: IncomingMessage,
  { credential, clientAddress }: { credential: Pick<CallerCredential, 'hash'>; clientAddress: string },
): Promise<AuditViewResponse> {
  const { body } = await authorize.request({
    method: 'POST',
    path: '/v1/audit-view',
    body: {
      credential: { kind: 'token', hash: credential.hash },
      request: requestFacts(request, clientAddress),
      ...clusterOf(searchOf(request)),
    } satisfies AuditViewRequest,
    timeoutMs,
  });
  const read = auditViewResponseSchema.safeParse(body);
  if (!read.success)
    throw new ProblemError('authorize-unavailable', 'The gateway could not read what you may see. Try again shortly.', {
      cause: read.error,
    });
  return read.data;
}
