import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditRecord } from '@sallyport/contracts';
import { auditKey, microTime, type AuditSink } from '@sallyport/audit-log';
import { askCluster, type Ask, type ClusterAnswer } from './ask-cluster.ts';
import { createClusterKinds, type ClusterKinds } from './cluster-kinds.ts';
import type { Upstream } from './upstream.ts';

type AuditedClusterKindsDeps = {
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  producer: string;
  now: () => number;
  createRecord(about: { type: 'k8s.request'; source: string; key: string; data: AuditEvent }): AuditRecord;
};

/** Describes the gateway's own request, so that every audit id in the cluster's log has an event. */
function eventOf(
  upstream: Upstream,
  about: {
    auditID: string;
    path: string;
    received: string;
    stage: string;
    code: number;
    message?: string | undefined;
    producer: string;
  },
): AuditEvent {
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: about.auditID,
    stage: 'ResponseComplete',
    requestURI: about.path,
    verb: 'get',
    user: { username: 'gateway:discovery' },
    responseStatus: { code: about.code, ...(about.message === undefined ? {} : { message: about.message }) },
    requestReceivedTimestamp: about.received,
    stageTimestamp: about.stage,
    sallyport: {
      producer: about.producer,
      cluster: { id: upstream.name, name: upstream.name },
      credentialKind: 'gateway',
      request: { method: 'GET' },
      detail: 'The gateway asked what the cluster serves.',
    },
  };
}

/** Creates what asks each cluster for its kinds. The answers are forgotten when its upstream is replaced. */
export function createAuditedClusterKinds(deps: AuditedClusterKindsDeps): (upstream: Upstream) => ClusterKinds {
  const kindsOf = new WeakMap<Upstream, ClusterKinds>();
  const recorded =
    (upstream: Upstream) =>
    async (request: Ask): Promise<ClusterAnswer> => {
      if (!deps.sink.hasRoom()) throw new Error('the request could not be recorded');
      const about = {
        auditID: randomUUID(),
        path: request.path,
        received: microTime(deps.now()),
        producer: deps.producer,
      };
      const record = (code: number, message?: string) =>
        deps.sink.enqueue(
          deps.createRecord({
            type: 'k8s.request',
            source: 'sallyport/proxy',
            key: auditKey(upstream.name, undefined),
            data: eventOf(upstream, {
              ...about,
              stage: microTime(deps.now()),
              code,
              message,
            }),
          }),
        );
      try {
        const answer = await askCluster(upstream, {
          ...request,
          headers: [...request.headers, 'User-Agent', 'sallyport', 'Audit-ID', about.auditID],
        });
        record(answer.status);
        return answer;
      } catch (error) {
        record(0, (error as Error).message);
        throw error;
      }
    };
  return (upstream) => {
    let kinds = kindsOf.get(upstream);
    if (kinds === undefined)
      kindsOf.set(upstream, (kinds = createClusterKinds({ ask: recorded(upstream), clock: () => performance.now() })));
    return kinds;
  };
}
