/** What a test chooses of a recorded request. The defaults describe a developer who reads pods. */
type Texts = 'auditID' | 'user' | 'email' | 'effect' | 'rule' | 'verb' | 'requestVerb' | 'cluster' | 'resource';
type More = 'apiGroup' | 'subresource' | 'namespace' | 'name' | 'uri' | 'stage' | 'type' | 'time';
export type RecordedParts = { [name in Texts | More]?: string } & {
  groups?: string[];
  anonymous?: boolean;
  ours?: Record<string, unknown>;
  code?: number;
};

let count = 0;

type Whole = RecordedParts & ReturnType<typeof withDefaults>;

const withDefaults = (parts: RecordedParts) => ({
  user: 'alice@example.com',
  groups: ['developers'],
  effect: 'allow',
  rule: 'cluster/dev[0].allow.or',
  verb: 'get',
  cluster: 'dev',
  resource: 'pods',
  namespace: 'dev',
  stage: 'ResponseComplete',
  type: 'k8s.request',
  time: '2026-11-25T10:00:00.000000Z',
  ...parts,
});

const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const objectRef = ({ resource, namespace, name, apiGroup, subresource }: Whole) =>
  given({ resource, apiVersion: 'v1', namespace: namespace || undefined, name, apiGroup, subresource });

function sallyportPart({ user, groups, email, effect, rule, verb, cluster, anonymous, ours }: Whole) {
  return {
    producer: 'p',
    clientAddress: '10.1.2.3',
    protocol: 'http/1.1',
    cluster: { id: cluster, name: cluster },
    policyVerb: verb,
    sessionId: `session-of-${user}`,
    bytesIn: 0,
    bytesOut: 100,
    ...(anonymous === true
      ? {
          decision: {
            effect: 'authenticate',
            rule: 'default-deny',
            reasons: ['user-unauthenticated'],
            policyVersion: 'x',
          },
        }
      : {
          identity: { iss: 'https://idp.example.com', sub: user, email: email ?? user, groups },
          decision: { effect, rule, reasons: [], policyVersion: 'x' },
        }),
    ...ours,
  };
}

/** Returns the last event of a request, in the form of the gateway's files. */
export function recordedEvent(parts: RecordedParts = {}): Record<string, unknown> {
  const whole: Whole = withDefaults(parts);
  const { user, groups, effect, verb, cluster, resource, namespace, name, stage, type, time } = whole;
  count += 1;
  const path = `/api/v1/namespaces/${namespace}/${resource}${name === undefined ? '' : `/${name}`}`;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: parts.auditID ?? `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
    stage,
    requestURI: parts.uri ?? path,
    verb: parts.requestVerb ?? verb,
    user: parts.anonymous === true ? {} : { username: user, groups },
    sourceIPs: ['10.1.2.3'],
    objectRef: objectRef(whole),
    responseStatus: { code: parts.code ?? (effect === 'allow' ? 200 : 403) },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    sallyport: sallyportPart(whole),
    cloudEvent: { id: `e${count}`, type, source: 'sallyport/proxy', time, key: `${cluster}/s`, specversion: '1.0' },
  };
}
