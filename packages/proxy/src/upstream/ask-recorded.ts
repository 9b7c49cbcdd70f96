import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { auditKey, microTime, type AuditEventDraft, type AuditSink } from '@sallyport/audit-log';
import { clientText } from '../audit/client-text.ts';
import { askCluster, type Ask, type ClusterAnswer } from './ask-cluster.ts';
import type { Upstream } from './upstream.ts';

type AskRecordedDeps = {
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  now: () => number;
  createRecord(about: { type: 'k8s.request'; source: string; key: string; data: AuditEventDraft }): AuditRecord;
};

/** What the event of a request says that the gateway makes for itself, and as whom it acts, if as anyone. */
type About = Pick<AuditEventDraft, 'verb' | 'user' | 'impersonatedUser' | 'objectRef'> & { detail: string };

/** Asks a cluster, and records the request. */
export type AskRecorded = (upstream: Upstream, request: Ask, about: About) => Promise<ClusterAnswer>;

/**
 * Creates what sends the gateway's own requests to clusters. Each has an audit ID and an event, so that every ID in a
 * cluster's log that came from the gateway has one. Rejects if there is no room for the event.
 */
export function createAskRecorded(deps: AskRecordedDeps): AskRecorded {
  return async (upstream, request, { detail, ...about }) => {
    if (!deps.sink.hasRoom()) throw new Error('the request could not be recorded');
    const auditID = randomUUID();
    const received = microTime(deps.now());
    const record = (code: number, message?: string) =>
      deps.sink.enqueue(
        deps.createRecord({
          type: 'k8s.request',
          source: 'sallyport/proxy',
          key: auditKey(upstream.name, undefined),
          data: {
            ...about,
            auditID,
            stage: 'ResponseComplete',
            requestURI: request.path,
            responseStatus: { code, ...(message === undefined ? {} : { message }) },
            requestReceivedTimestamp: received,
            stageTimestamp: microTime(deps.now()),
            sallyport: {
              cluster: { id: upstream.name, name: upstream.name },
              credentialKind: 'gateway',
              request: { method: request.method ?? 'GET' },
              detail: clientText(detail),
            },
          },
        }),
      );
    try {
      const answer = await askCluster(upstream, {
        ...request,
        headers: [...request.headers, 'User-Agent', 'sallyport', 'Audit-ID', auditID],
      });
      record(answer.status);
      return answer;
    } catch (error) {
      record(0, (error as Error).message);
      throw error;
    }
  };
}
