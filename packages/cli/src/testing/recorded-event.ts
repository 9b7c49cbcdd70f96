/** What a test says of a recorded request; all else is as for a developer who reads a pod. */
export type RecordedParts = {
  auditID?: string;
  user?: string;
  groups?: string[];
  email?: string;
  effect?: string;
  rule?: string;
  verb?: string;
  requestVerb?: string;
  cluster?: string;
  resource?: string;
  apiGroup?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  uri?: string;
  stage?: string;
  type?: string;
  time?: string;
  anonymous?: boolean;
  ours?: Record<string, unknown>;
  code?: number;
};

let made = 0;

/** The last event of a request as the gateway's files have it. */
export function recordedEvent(parts: RecordedParts = {}): Record<string, unknown> {
  const {
    user = 'alice@example.com',
    groups = ['developers'],
    effect = 'allow',
    rule = 'cluster/dev[0].allow.or',
    verb = 'get',
    cluster = 'dev',
    resource = 'pods',
    apiGroup,
    subresource,
    namespace = 'dev',
    name,
    stage = 'ResponseComplete',
    type = 'k8s.request',
    time = '2026-11-25T10:00:00.000000Z',
  } = parts;
  made += 1;
  const auditID = parts.auditID ?? `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
  const identity = { iss: 'https://idp.example.com', sub: user, email: parts.email ?? user, groups };
  const path = `/api/v1/namespaces/${namespace}/${resource}${name === undefined ? '' : `/${name}`}`;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID,
    stage,
    requestURI: parts.uri ?? path,
    verb: parts.requestVerb ?? verb,
    user: parts.anonymous === true ? {} : { username: user, groups },
    sourceIPs: ['10.1.2.3'],
    objectRef: {
      resource,
      apiVersion: 'v1',
      ...(namespace === '' ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      ...(apiGroup === undefined ? {} : { apiGroup }),
      ...(subresource === undefined ? {} : { subresource }),
    },
    responseStatus: { code: parts.code ?? (effect === 'allow' ? 200 : 403) },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    sallyport: {
      producer: 'p',
      clientAddress: '10.1.2.3',
      protocol: 'http/1.1',
      cluster: { id: cluster, name: cluster },
      policyVerb: verb,
      sessionId: `session-of-${user}`,
      bytesIn: 0,
      bytesOut: 100,
      ...(parts.anonymous === true
        ? {
            decision: {
              effect: 'authenticate',
              rule: 'default-deny',
              reasons: ['user-unauthenticated'],
              policyVersion: 'x',
            },
          }
        : { identity, decision: { effect, rule, reasons: [], policyVersion: 'x' } }),
      ...parts.ours,
    },
    cloudEvent: { id: `e${made}`, type, source: 'sallyport/proxy', time, key: `${cluster}/s`, specversion: '1.0' },
  };
}
