import { randomUUID } from 'node:crypto';
import { auditKey, createAuditRecord, createIdSource, type AuditSink } from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import { clientText } from '../audit/client-text.ts';
import { auditUri, describeRequest, maxLength } from '../audit/describe-request.ts';
import type { ExecCommandText } from '../audit/exec-command-text.ts';
import type { AuditCall } from './own-api-deps.ts';

type ApiEventsDeps = {
  sink: AuditSink;
  now: () => number;
  /** Also shows the commands that a search of the audit trail names. */
  commandText: ExecCommandText;
};

/** Creates what records calls of the gateway's own API, as events of type `http.request`. */
export function createApiEvents(deps: ApiEventsDeps): AuditCall {
  const ids = { now: deps.now, randomId: createIdSource({ now: deps.now }) };
  return {
    written: deps.sink.written,
    open() {
      if (!deps.sink.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written, so the gateway refuses all requests. Try again shortly.',
        );
    },
    complete({ request, path, clientAddress, answer, status, detail, explained }) {
      const identity = answer?.identity;
      const userAgent =
        request.headers['user-agent'] === undefined ? undefined : clientText(request.headers['user-agent']);
      return deps.sink.enqueue(
        createAuditRecord(
          {
            type: 'http.request',
            source: 'sallyport/proxy',
            key: auditKey(undefined, answer?.session?.id),
            data: {
              auditID: randomUUID(),
              stage: 'ResponseComplete',
              requestURI: auditUri(path),
              verb: (request.method ?? '').toLowerCase(),
              user: identity ? { username: identity.user, groups: identity.groups } : {},
              sourceIPs: [clientAddress],
              ...(userAgent === undefined ? {} : { userAgent }),
              responseStatus: { code: status, ...(detail === undefined ? {} : { message: detail }) },
              sallyport: {
                clientAddress,
                request: describeRequest(
                  { method: request.method ?? '', rawTarget: path, kube: undefined },
                  deps.commandText,
                  maxLength.part,
                ),
                ...(answer ? { decision: answer.decision } : {}),
                ...(answer?.session ? { sessionId: answer.session.id } : {}),
                ...(answer?.agent ? { agent: answer.agent } : {}),
                ...(explained ? { explained } : {}),
                ...(identity
                  ? {
                      identity: {
                        iss: identity.issuer,
                        sub: identity.subject,
                        email: identity.email,
                        groups: identity.groups,
                      },
                    }
                  : {}),
              },
            },
          },
          ids,
        ),
      );
    },
  };
}
