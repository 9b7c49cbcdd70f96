import type { CheckAnswer } from '@sallyport/contracts';

const target = '/api/v1/namespaces/dev/pods';

/** What authorize answers for people in a few groups, as the texts that it sends. */
const answerTexts = Array.from({ length: 20 }, (_none, person) =>
  answerText(`user-${person}@example.com`, person + 10),
);

function answerText(user: string, number: number): string {
  const session = `0199c1c6-5d1b-7d6e-8b6d-3f6f0a1b2c${number}`;
  return JSON.stringify({
    decision: {
      effect: 'allow',
      policyVersion: 'sha256:5b1f0ea2c7',
      reasons: ['groups-ok'],
      rule: 'clusters.bench.policy[0].allow',
    },
    identity: {
      amr: ['pwd'],
      authTime: 1_764_037_735,
      email: user,
      groups: ['developers', 'on-call', 'sre'],
      issuer: 'https://idp.example.com/realms/people',
      provider: 'corp',
      subject: `f2a7c1de-5f0b-4b0e-9a53-8a6f6f2f2b${number}`,
      user,
    },
    impersonation: {
      droppedGroups: [],
      extra: { 'sallyport.dev/session': [session] },
      groups: ['developers', 'on-call', 'sre', 'system:authenticated'],
      uid: `a4vpHtcXY1qb6sUO2Sn0rjGLk4mZYh1Zc6Tj0N5mK${number}`,
      user,
    },
    session: { expiresAt: 1_999_999_999_000, id: session, kind: 'cli' },
  } satisfies Partial<CheckAnswer>);
}

/** Makes the exchanges of one list of pods after another, as the events of the proxy read them. */
export function createMakeExchange(readKube: (method: string, target: string) => unknown): () => object {
  let made = 0;
  return () => ({
    kind: 'cluster',
    request: { method: 'GET' },
    upgrade: undefined,
    receivedAt: Date.now(),
    startedAt: performance.now(),
    auditId: crypto.randomUUID(),
    clientAddress: '127.0.0.1',
    headers: { userAgent: 'kubectl/v1.36.3 (linux/amd64) kubernetes/0123456' },
    clusterName: 'bench',
    rawTarget: target,
    upstream: { name: 'bench' },
    asked: readKube('GET', target),
    application: undefined,
    tokenHash: 'b'.repeat(43),
    check: undefined,
    answer: JSON.parse(answerTexts[made++ % answerTexts.length]!) as unknown,
    stream: undefined,
    audited: 'nothing',
    ticket: 'nothing',
    statusCode: 200,
    statusReason: undefined,
    statusMessage: undefined,
    bytesIn: 0,
    bytesOut: 2048,
    upstreamStartedAt: performance.now(),
  });
}
