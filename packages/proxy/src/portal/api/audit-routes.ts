import { callerHeader, encodeCaller, type Caller } from '@sallyport/kit';
import type { Express, Request } from 'express';
import type { ApiContext, createAuditedCall } from '../calls/audited-call.ts';
import { openAuditStream, sendAuditStream } from './audit-stream.ts';
import { findAuditView } from './find-audit-view.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';
import { searchOf } from '../calls/read-body.ts';

const timeoutMs = 10_000;
/** A report over a long time reads many counts. */
const reportMs = 35_000;

/**
 * Mounts `<prefix>/audit`: queries of the audit trail, and the keys of its checkpoints. Callers see their own events, and those that `api.policy.audit`
 * lets them see.
 */
export function mountAudit(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: Pick<OwnApiDeps, 'audit' | 'authorize' | 'logger' | 'recheckMs'>,
): void {
  const ask =
    (path: string, answerMs = timeoutMs) =>
    async (request: Request, caller: Caller, context: ApiContext) => {
      const { view, decision } = await findAuditView(deps, request, context);
      if (decision) context.recordDecision(decision);
      return deps.audit.request({
        method: 'POST',
        path: `${path}${searchOf(request)}`,
        headers: { [callerHeader]: encodeCaller(caller) },
        body: { view },
        timeoutMs: answerMs,
      });
    };
  app.get(`${prefix}/audit`, call(undefined, ask('/v1/events')));
  app.get(`${prefix}/audit/show`, call(undefined, ask('/v1/show')));
  app.get(`${prefix}/audit/report`, call(undefined, ask('/v1/report', reportMs)));
  app.get(`${prefix}/audit/elevations`, call(undefined, ask('/v1/elevations', reportMs)));
  // Public keys show nothing of the trail.
  app.get(
    `${prefix}/audit/keys`,
    call(undefined, () => deps.audit.request({ method: 'GET', path: '/v1/keys' })),
  );
  for (const kind of ['tail', 'export'] as const)
    app.get(`${prefix}/audit/${kind}`, call(undefined, openAuditStream(deps, kind), sendAuditStream(deps.logger)));
}
