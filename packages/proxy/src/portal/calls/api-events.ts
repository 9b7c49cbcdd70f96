import { randomUUID } from 'node:crypto';
import { auditKey, createAuditRecord, createIdSource, type AuditSink, type SallyportDraft } from '@sallyport/audit-log';
import type { CheckAnswer } from '@sallyport/contracts';
import { toProblem } from '@sallyport/kit';
import type { Request } from 'express';
import { clientText } from '../../credential/client-text.ts';
import { auditUri, describeRequest, maxLength } from '../../audit/describe-request.ts';
import { ownerOf, type HideFor } from '../../audit/hidden-text.ts';
import { createRequireRoom } from '../../audit/audit-trail.ts';
import { workloadOf } from '../../audit/describe-event.ts';
import type { AuditCall, PortalDeps } from './portal-deps.ts';

type ApiEventsDeps = {
  sink: AuditSink;
  now: () => number;
  /** Hides the commands that a search of the audit trail names. */
  hideFor: HideFor;
};

/** Describes who calls, and whether they may. */
function describeCaller(answer: CheckAnswer | undefined): SallyportDraft {
  if (!answer) return {};
  const { decision, session, agent, identity } = answer;
  const workload = workloadOf(answer);
  return {
    decision,
    ...(session ? { sessionId: session.id } : {}),
    ...(agent ? { agent } : {}),
    ...(workload ? { workload } : {}),
    ...(identity
      ? { identity: { iss: identity.issuer, sub: identity.subject, email: identity.email, groups: identity.groups } }
      : {}),
  };
}

/** Creates the record of calls of the gateway's own API, as events of type `http.request`. */
export function createApiEvents(deps: ApiEventsDeps): AuditCall {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  return {
    written: deps.sink.written,
    open: createRequireRoom(deps.sink),
    complete({ request, path, clientAddress, answer, status, detail, explained }) {
      const identity = answer?.identity;
      const auditID = randomUUID();
      const hidden = deps.hideFor(ownerOf(identity, auditID), 'search');
      const userAgent =
        request.headers['user-agent'] === undefined
          ? undefined
          : clientText(request.headers['user-agent'], hidden.ofToken);
      return deps.sink.enqueue(
        createAuditRecord(
          {
            type: 'http.request',
            source: 'sallyport/proxy',
            key: auditKey(undefined, answer?.session?.id),
            data: {
              auditID,
              stage: 'ResponseComplete',
              requestURI: auditUri(path, hidden.ofToken),
              verb: (request.method ?? '').toLowerCase(),
              user: identity ? { username: identity.user, groups: identity.groups } : {},
              sourceIPs: [clientAddress],
              userAgent,
              responseStatus: { code: status, message: detail },
              sallyport: {
                clientAddress,
                request: describeRequest(
                  { method: request.method ?? '', rawTarget: path, kube: undefined },
                  hidden,
                  maxLength.part,
                ),
                ...describeCaller(answer),
                ...(explained ? { explained } : {}),
              },
            },
          },
          ids,
        ),
      );
    },
  };
}

/** Creates the function that records the refusal of a request that is not an API call. */
export function createRecordRefusal(deps: Pick<PortalDeps, 'auditCall' | 'clientAddress'>) {
  return (request: Request, error: unknown): void => {
    const { status, detail } = toProblem(error);
    deps.auditCall.complete({
      request,
      path: request.originalUrl.split('?', 1)[0]!,
      clientAddress: deps.clientAddress(request),
      answer: undefined,
      status,
      detail,
    });
  };
}
