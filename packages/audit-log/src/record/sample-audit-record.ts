import type { AuditRecord } from '@sallyport/contracts';
import type { AuditEventDraft } from './audit-event-draft.ts';
import { auditKey, createAuditRecord } from './create-audit-record.ts';
import { createIdSource } from './create-id-source.ts';

const randomId = createIdSource({ now: Date.now });

export type SampleParts = {
  session?: string;
  cluster?: string;
  auditID?: string;
  time?: number;
  data?: Partial<AuditEventDraft>;
};

/** Returns an event like those that the proxy records, for tests and benchmarks. */
export function sampleAuditRecord(parts: SampleParts = {}): AuditRecord {
  const { session = 's1', cluster = 'dev', auditID = randomId(), time = Date.now() } = parts;
  return createAuditRecord(
    {
      type: 'k8s.request',
      source: 'sallyport/proxy',
      key: auditKey(cluster, session),
      data: {
        auditID,
        stage: 'ResponseComplete',
        requestURI: '/api/v1/namespaces/dev/pods?limit=500',
        verb: 'list',
        user: {
          groups: ['developers', 'system:authenticated'],
          uid: 'a4vpHtcXY1qb6sUO2Sn0rjGLk4mZYh1Zc6Tj0N5mK2E',
          username: 'alice@example.com',
        },
        sourceIPs: ['10.1.2.3'],
        userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/0123456',
        objectRef: { apiVersion: 'v1', namespace: 'dev', resource: 'pods' },
        responseStatus: { code: 200 },
        sallyport: {
          cluster: { id: cluster, name: cluster },
          policyVerb: 'list',
          sessionId: session,
          credentialKind: 'token',
          identity: {
            amr: ['pwd'],
            authTime: 1_764_037_735,
            email: 'alice@example.com',
            groups: ['developers'],
            iss: 'https://idp.example.com',
            sub: 'alice',
          },
          decision: {
            effect: 'allow',
            policyVersion: 'sha256:abcdef',
            reasons: ['groups-ok'],
            rule: 'clusters.dev.policy[0].allow',
          },
          bytesIn: 0,
          bytesOut: 2048,
          durationMs: 3.4,
          upstreamMs: 2.1,
          protocol: 'HTTP/1.1',
          clientAddress: '10.1.2.3',
        },
        ...parts.data,
      },
    },
    { now: () => time, randomId },
  );
}
