import { randomUUID } from 'node:crypto';
import type { AuditRecord } from '@sallyport/contracts';
import { auditKey, microTime, type AuditEventDraft, type AuditSink } from '@sallyport/audit-log';
import { readWhole } from '@sallyport/http1';
import type { Upstream } from './upstream.ts';
import { headerOf } from '../headers/clean-response-headers.ts';
import { clientText } from '../credential/client-text.ts';

/** A response to a request that the gateway makes for itself. */
export type ClusterAnswer = { status: number; header(name: string): string | undefined; body: string };

export type Ask = {
  /** GET unless given. */
  method?: 'GET' | 'POST';
  path: string;
  headers: readonly string[];
  body?: string;
  timeoutMs: number;
  maxBytes: number;
};

/**
 * Sends a request to a cluster as the gateway itself: with its own credential and these headers. Rejects if the response
 * is late, too long or broken.
 */
async function askCluster(
  upstream: Upstream,
  { method = 'GET', path, headers, body, timeoutMs, maxBytes }: Ask,
): Promise<ClusterAnswer> {
  await upstream.ready();
  const authorization = upstream.authorization();
  const answer = await readWhole(
    upstream,
    {
      method,
      path: upstream.basePath + path,
      headers: [...headers, ...(authorization === undefined ? [] : ['Authorization', authorization])],
      body,
      headersTimeoutMs: timeoutMs,
    },
    { timeoutMs, maxBytes, late: 'the cluster did not respond in time' },
  );
  if (answer.status === 401) upstream.refreshCredential();
  return {
    status: answer.status,
    header: (name) => headerOf(answer.lines, name),
    body: answer.body.toString('utf8'),
  };
}

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
 * Creates the function that sends the gateway's own requests to clusters. Each has an audit ID and an event, so that
 * every ID in a cluster's log that came from the gateway has one. Rejects if there is no room for the event.
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
            responseStatus: { code, message },
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
