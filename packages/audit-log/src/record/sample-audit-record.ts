import type { AuditRecord } from '@sallyport/contracts';
import { auditKey, createAuditRecord, type AuditEventDraft } from './create-audit-record.ts';
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
          username: 'alice@example.com',
          uid: 'a4vpHtcXY1qb6sUO2Sn0rjGLk4mZYh1Zc6Tj0N5mK2E',
          groups: ['developers', 'system:authenticated'],
        },
        sourceIPs: ['10.1.2.3'],
        userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/0123456',
        objectRef: { resource: 'pods', namespace: 'dev', apiVersion: 'v1' },
        responseStatus: { code: 200 },
        sallyport: {
          cluster: { id: cluster, name: cluster },
          policyVerb: 'list',
          sessionId: session,
          credentialKind: 'token',
          identity: {
            iss: 'https://idp.example.com',
            sub: 'alice',
            email: 'alice@example.com',
            groups: ['developers'],
            amr: ['pwd'],
            authTime: 1_764_037_735,
          },
          decision: {
            effect: 'allow',
            rule: 'clusters.dev.policy[0].allow',
            reasons: ['groups-ok'],
            policyVersion: 'sha256:abcdef',
          },
          bytesIn: 0,
          bytesOut: 2048,
          durationMs: 3.4,
          upstreamMs: 2.1,
          protocol: 'HTTP/1.1',
          clientAddress: '10.1.2.3',
          producer: 'proxy-1',
        },
        ...parts.data,
      },
    },
    { now: () => time, randomId },
  );
}
