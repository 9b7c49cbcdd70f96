import { isMapping, textOf } from '../../input/untrusted.ts';
import { bitOf, neverRecorded } from './fields.ts';
import { readUri, recordedKind, type KindTools } from './read-uri.ts';

/** What an event records that hints at the method of the request. */
type MethodClues = {
  isResourceRequest: boolean;
  requestVerb: string;
  protocol: string;
  bytesOut: unknown;
  code: unknown;
  allowed: boolean;
};

const methodOfVerb: Record<string, string> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const readingVerbs = new Set(['get', 'list', 'watch']);

/**
 * Returns the HTTP method of a recorded request; undefined if the event leaves it open. Both GET and HEAD read a
 * resource, but only the response to a GET has a body.
 */
function methodOf(clues: MethodClues): { name: string | undefined; mayBeOptions: boolean } {
  const { isResourceRequest, requestVerb, protocol, bytesOut, code, allowed } = clues;
  if (!isResourceRequest)
    return requestVerb === ''
      ? { name: undefined, mayBeOptions: true }
      : { name: requestVerb.toUpperCase(), mayBeOptions: requestVerb === 'options' };
  const known = methodOfVerb[requestVerb];
  if (known !== undefined) return { name: known, mayBeOptions: false };
  if (!readingVerbs.has(requestVerb)) return { name: undefined, mayBeOptions: true };
  if (protocol.toLowerCase() === 'websocket') return { name: 'GET', mayBeOptions: false };
  const answered = allowed && typeof bytesOut === 'number' && bytesOut > 0 && typeof code === 'number' && code < 400;
  return { name: answered ? 'GET' : undefined, mayBeOptions: false };
}

type Fields = Record<string, unknown>;
type Exec = { container: string; command: readonly string[]; tty: boolean; stdin: boolean };

/**
 * A request from the audit trail: what was decided, and the fields that a policy can see. `missing` has the bits of the
 * fields that the event does not record.
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
  /** Whom the request asked to act as. */
  impersonate: readonly string[] | undefined;
};

/** Why a request was not decided by a policy. A different policy would change nothing about it. */
export type Undecided = 'not-decided' | 'not-logged-in' | 'impersonation' | 'unreadable';

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
const effects = new Set(['allow', 'deny', 'authenticate']);

type Decision = Pick<RecordedRequest, 'effect' | 'rule'>;

function readDecision(ours: Fields): Decision | Undecided {
  const { decision, identity } = ours;
  if (decision === undefined) return 'not-decided';
  if (!isMapping(decision) || !effects.has(textOf(decision.effect)) || typeof decision.rule !== 'string')
    return 'unreadable';
  if (identity === undefined) return 'not-logged-in';
  // The cluster's settings or its RBAC refused this, whatever its policies say. Rules of policies have an index in brackets.
  if (decision.effect === 'deny' && /\.(?:impersonate|rbac)$/.test(decision.rule) && !decision.rule.includes('['))
    return 'impersonation';
  return { effect: decision.effect as Decision['effect'], rule: decision.rule };
}

function readExec(value: unknown): { exec: Exec | undefined; hashed: boolean } | undefined {
  if (value === undefined) return { exec: undefined, hashed: false };
  if (!isMapping(value) || !isTexts(value.command)) return undefined;
  const { command, container, tty, stdin } = value;
  return {
    exec: { container: textOf(container), command, tty: tty === true, stdin: stdin === true },
    hashed: command.some((word) => word.startsWith('hmac-sha256:')),
  };
}

type ObjectPart = Pick<
  RecordedRequest,
  'isResourceRequest' | 'apiGroup' | 'apiVersion' | 'resource' | 'subresource' | 'namespace' | 'name'
>;

function readObject(value: unknown): ObjectPart {
  const ref = isMapping(value) ? value : {};
  return {
    isResourceRequest: isMapping(value),
    apiGroup: textOf(ref.apiGroup),
    apiVersion: textOf(ref.apiVersion),
    resource: textOf(ref.resource),
    subresource: textOf(ref.subresource),
    namespace: textOf(ref.namespace),
    name: textOf(ref.name),
  };
}

/** What an event must record for its request to be evaluated. */
type Facts = {
  user: string;
  identity: Fields & { groups: string[] };
  cluster: string;
  verb: string;
  requestVerb: string;
  requestUri: string;
  sessionId: string;
  ip: string;
  time: string;
  now: number;
  exec: Exec | undefined;
  isExecHashed: boolean;
};

/** Returns undefined if a fact is missing or has the wrong type. */
function readFacts(data: Fields, ours: Fields): Facts | undefined {
  const { identity, cluster: clusterRef, policyVerb: verb, sessionId, clientAddress: ip } = ours;
  const { verb: requestVerb, requestURI: requestUri } = data;
  const user = isMapping(data.user) ? data.user.username : undefined;
  const cluster = clusterRef === undefined ? '' : isMapping(clusterRef) ? clusterRef.name : undefined;
  const exec = readExec(ours.exec);
  const time = textOf(data.requestReceivedTimestamp);
  const now = Date.parse(time);
  if (!isMapping(identity) || !isTexts(identity.groups) || exec === undefined || Number.isNaN(now)) return undefined;
  if (typeof user !== 'string' || user === '' || typeof sessionId !== 'string' || sessionId === '') return undefined;
  if (typeof cluster !== 'string' || typeof verb !== 'string' || typeof ip !== 'string') return undefined;
  if (typeof requestVerb !== 'string' || typeof requestUri !== 'string') return undefined;
  return {
    user,
    identity: identity as Facts['identity'],
    cluster,
    verb,
    requestVerb,
    requestUri,
    sessionId,
    ip,
    time,
    now,
    exec: exec.exec,
    isExecHashed: exec.hashed,
  };
}

/** What follows from the facts, and the bits of the fields that the event does not record. */
function deriveFields(facts: Facts, effect: Decision['effect'], data: Fields, tools: KindTools) {
  const { requestVerb } = facts;
  const ours = data.sallyport as Fields;
  const protocol = textOf(ours.protocol);
  const object = readObject(data.objectRef);
  const uri = readUri(facts.requestUri, { ...object, requestVerb, bytesIn: ours.bytesIn });
  const method = methodOf({
    ...object,
    requestVerb,
    protocol,
    bytesOut: ours.bytesOut,
    code: isMapping(data.responseStatus) ? data.responseStatus.code : undefined,
    allowed: effect === 'allow',
  });
  const kind = recordedKind(
    {
      ...object,
      requestVerb,
      ...(Array.isArray(ours.policyVerbs) ? { policyVerbs: ours.policyVerbs } : {}),
      hasRequestInfo: isMapping(ours.request),
    },
    tools,
  );
  let missing = neverRecorded | uri.missing | kind.missing;
  if (method.name === undefined) missing |= bitOf('request.method');
  // A policy sees headers only of a preflight, and events do not record them.
  if (method.mayBeOptions) missing |= bitOf('request.headers');
  if (facts.isExecHashed) missing |= bitOf('kubernetes.exec');
  return { object, uri, method: method.name, kind, upgrade: !/^(?:$|http\/)/i.test(protocol), missing };
}

/** Returns whom a request asked to act as. What cannot be read is a request to act as no one, which nothing allows. */
function readImpersonate({ sallyport }: Fields): string[] | undefined {
  const { request } = sallyport as Fields;
  const value = isMapping(request) ? request.impersonate : undefined;
  if (value === undefined) return undefined;
  return isTexts(value) ? value : [];
}

/** Reads what a policy can see of a request from the last event of that request. */
export function readRecordedRequest(auditID: string, data: Fields, tools: KindTools): RecordedRequest | Undecided {
  const ours = data.sallyport as Fields;
  const decision = readDecision(ours);
  if (typeof decision === 'string') return decision;
  const facts = readFacts(data, ours);
  if (!facts) return 'unreadable';
  const { user, identity, cluster, verb, requestVerb, sessionId, ip, time, now, exec } = facts;
  const { object, uri, method, kind, upgrade, missing } = deriveFields(facts, decision.effect, data, tools);
  return {
    auditID,
    time,
    now,
    ...decision,
    missing,
    user,
    email: typeof identity.email === 'string' ? identity.email : undefined,
    groups: identity.groups,
    sessionId,
    method,
    path: uri.path,
    ip,
    cluster,
    verb,
    requestVerb,
    ...object,
    labelSelector: uri.labelSelector,
    fieldSelector: uri.fieldSelector,
    dryRun: uri.dryRun,
    exec,
    namespaced: kind.namespaced,
    aggregated: kind.aggregated,
    upsert: kind.upsert,
    upgrade,
    impersonate: readImpersonate(data),
  };
}
