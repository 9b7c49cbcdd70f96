import { bitOf, neverRecorded } from './fields.ts';
import { methodOf } from './method-of.ts';
import { readUri } from './read-uri.ts';
import { recordedKind, type KindTools } from './recorded-kind.ts';

type Fields = Record<string, unknown>;
export type Exec = { container: string; command: readonly string[]; tty: boolean; stdin: boolean };

/**
 * A request as the audit trail recorded it: what was decided, and what of it policy can see. `missing` has the bits of
 * what the event does not tell.
 */
export type RecordedRequest = {
  auditID: string;
  time: string;
  now: number;
  effect: 'allow' | 'deny' | 'authenticate';
  rule: string;
  missing: number;
  user: string;
  email: string | undefined;
  groups: readonly string[];
  sessionId: string;
  method: string | undefined;
  path: string;
  ip: string;
  cluster: string;
  verb: string;
  requestVerb: string;
  isResourceRequest: boolean;
  apiGroup: string;
  apiVersion: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  dryRun: boolean | undefined;
  exec: Exec | undefined;
  namespaced: boolean | undefined;
  aggregated: boolean | undefined;
  upsert: boolean | undefined;
  upgrade: boolean;
};

/** Why a request was not decided by a policy, so that no policy would change anything. */
export type Undecided = 'not-decided' | 'not-logged-in' | 'impersonation' | 'unreadable';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const effects = new Set(['allow', 'deny', 'authenticate']);

type Decision = Pick<RecordedRequest, 'effect' | 'rule'>;

function readDecision(ours: Fields): Decision | Undecided {
  const { decision, identity } = ours;
  if (decision === undefined) return 'not-decided';
  if (!isFields(decision) || !effects.has(text(decision.effect)) || typeof decision.rule !== 'string')
    return 'unreadable';
  if (identity === undefined) return 'not-logged-in';
  // What a cluster's settings refuse is refused whatever its policies say. Rules of policies have an index in brackets.
  if (decision.effect === 'deny' && decision.rule.endsWith('.impersonate') && !decision.rule.includes('['))
    return 'impersonation';
  return { effect: decision.effect as Decision['effect'], rule: decision.rule };
}

function readExec(value: unknown): { exec: Exec | undefined; hashed: boolean } | undefined {
  if (value === undefined) return { exec: undefined, hashed: false };
  if (!isFields(value) || !isTexts(value.command)) return undefined;
  const { command, container, tty, stdin } = value;
  return {
    exec: { container: text(container), command, tty: tty === true, stdin: stdin === true },
    hashed: command.some((word) => word.startsWith('hmac-sha256:')),
  };
}

type ObjectPart = Pick<
  RecordedRequest,
  'isResourceRequest' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'namespace' | 'name'
>;

function readObject(value: unknown): ObjectPart {
  const ref = isFields(value) ? value : {};
  return {
    isResourceRequest: isFields(value),
    apiGroup: text(ref.apiGroup),
    apiVersion: text(ref.apiVersion),
    resource: text(ref.resource),
    subresource: text(ref.subresource),
    namespace: text(ref.namespace),
    name: text(ref.name),
  };
}

/** Reads what policy can see of a request from its last event. */
export function readRecordedRequest(auditID: string, data: Fields, tools: KindTools): RecordedRequest | Undecided {
  const ours = data.sallyport as Fields;
  const decision = readDecision(ours);
  if (typeof decision === 'string') return decision;
  const { identity, cluster, policyVerb, sessionId, clientAddress } = ours;
  const user = isFields(data.user) ? data.user.username : undefined;
  const exec = readExec(ours.exec);
  const time = text(data.requestReceivedTimestamp);
  const now = Date.parse(time);
  const name = cluster === undefined ? '' : isFields(cluster) ? cluster.name : undefined;
  const readable =
    isFields(identity) &&
    isTexts(identity.groups) &&
    typeof name === 'string' &&
    typeof policyVerb === 'string' &&
    typeof user === 'string' &&
    user !== '' &&
    text(sessionId) !== '';
  if (
    !readable ||
    !exec ||
    Number.isNaN(now) ||
    typeof data.requestURI !== 'string' ||
    typeof data.verb !== 'string' ||
    typeof clientAddress !== 'string'
  )
    return 'unreadable';
  const object = readObject(data.objectRef);
  const uri = readUri(data.requestURI, { ...object, requestVerb: data.verb, bytesIn: ours.bytesIn });
  const method = methodOf({
    ...object,
    requestVerb: data.verb,
    protocol: text(ours.protocol),
    bytesOut: ours.bytesOut,
    code: isFields(data.responseStatus) ? data.responseStatus.code : undefined,
    allowed: decision.effect === 'allow',
  });
  const kind = recordedKind(
    {
      ...object,
      requestVerb: data.verb,
      ...(Array.isArray(ours.policyVerbs) ? { policyVerbs: ours.policyVerbs } : {}),
      tellsRequest: isFields(ours.request),
    },
    tools,
  );
  let missing = neverRecorded | uri.missing | kind.missing;
  if (method.name === undefined) missing |= bitOf('request.method');
  // Only a preflight's headers are shown to policy, and events do not hold them.
  if (method.mayBeOptions) missing |= bitOf('request.headers');
  if (exec.hashed) missing |= bitOf('kubernetes.exec');
  return {
    auditID,
    time,
    now,
    ...decision,
    missing,
    user,
    email: typeof identity.email === 'string' ? identity.email : undefined,
    groups: identity.groups as string[],
    sessionId: text(sessionId),
    method: method.name,
    path: uri.path,
    ip: clientAddress,
    cluster: name,
    verb: policyVerb,
    requestVerb: data.verb,
    ...object,
    labelSelector: uri.labelSelector,
    fieldSelector: uri.fieldSelector,
    dryRun: uri.dryRun,
    exec: exec.exec,
    namespaced: kind.namespaced,
    aggregated: kind.aggregated,
    upsert: kind.upsert,
    upgrade: !/^(?:$|http\/)/i.test(text(ours.protocol)),
  };
}
