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
import type { AuditCall, PortalDeps, ViewedRecording } from './portal-deps.ts';

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

/** Describes a recording that the caller views, as the event of its session does. */
function describeViewed({ recording, by }: ViewedRecording) {
  const { id, cluster, resource, kind, namespace, name } = recording;
  return {
    objectRef: { resource, namespace, name, subresource: resource === 'nodes' ? 'proxy' : kind },
    sallyport: { cluster: { id: cluster, name: cluster }, recording: { id, ...(by === undefined ? {} : { by }) } },
  };
}

/**
 * Creates the record of calls of the gateway's own API, as events of type `http.request`, or `recording.viewed` if it shows
 * a recording.
 */
export function createApiEvents(deps: ApiEventsDeps): AuditCall {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  return {
    written: deps.sink.written,
    open: createRequireRoom(deps.sink),
    complete({ request, path, clientAddress, answer, status, detail, explained, viewed }) {
      const identity = answer?.identity;
      const auditID = randomUUID();
      const { sallyport: ofViewed, ...about } = viewed ? describeViewed(viewed) : {};
      const hidden = deps.hideFor(ownerOf(identity, auditID), 'search');
      const userAgent =
        request.headers['user-agent'] === undefined
          ? undefined
          : clientText(request.headers['user-agent'], hidden.ofToken);
      return deps.sink.enqueue(
        createAuditRecord(
          {
            type: viewed ? 'recording.viewed' : 'http.request',
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
              ...about,
              sallyport: {
                clientAddress,
                request: describeRequest(
                  { method: request.method ?? '', rawTarget: path, kube: undefined },
                  hidden,
                  maxLength.part,
                ),
                ...describeCaller(answer),
                ...(explained ? { explained } : {}),
                ...ofViewed,
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
