import { ruleLabel } from '@sallyport/contracts';
import { isPlainObject } from '../document/plain-object.ts';
import { bitOf, neverRecorded } from './fields.ts';
import { readUri, recordedKind, type ObjectPart } from './read-uri.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

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
function methodOf(
  { isResourceRequest, requestVerb }: Pick<RecordedRequest, 'isResourceRequest' | 'requestVerb'>,
  ours: Fields,
  answered: boolean,
): { name: string | undefined; mayBeOptions: boolean } {
  if (!isResourceRequest)
    return requestVerb === ''
      ? { name: undefined, mayBeOptions: true }
      : { name: requestVerb.toUpperCase(), mayBeOptions: requestVerb === 'options' };
  const known = methodOfVerb[requestVerb];
  if (known !== undefined) return { name: known, mayBeOptions: false };
  if (!readingVerbs.has(requestVerb)) return { name: undefined, mayBeOptions: true };
  if (textOf(ours.protocol).toLowerCase() === 'websocket') return { name: 'GET', mayBeOptions: false };
  const hasBody = typeof ours.bytesOut === 'number' && ours.bytesOut > 0;
  return { name: answered && hasBody ? 'GET' : undefined, mayBeOptions: false };
}

type Fields = Record<string, unknown>;
type Exec = { container: string; command: readonly string[]; tty: boolean; stdin: boolean };

/**
 * A request from the audit trail: what was decided, and the fields that a policy can see. `missing` has the bits of the
 * fields that the event does not record.
 */
export type RecordedRequest = ObjectPart & {
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
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  dryRun: true | undefined;
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
  if (!isPlainObject(decision) || !effects.has(textOf(decision.effect)) || typeof decision.rule !== 'string')
    return 'unreadable';
  if (identity === undefined) return 'not-logged-in';
  // The cluster's settings or its RBAC refused this, whatever its policies say. Rules of policies have an index in brackets.
  if (decision.effect === 'deny' && /\.(?:impersonate|rbac)$/.test(decision.rule) && !decision.rule.includes('['))
    return 'impersonation';
  const ruleName = typeof decision.ruleName === 'string' ? decision.ruleName : undefined;
  return { effect: decision.effect as Decision['effect'], rule: ruleLabel({ rule: decision.rule, ruleName }) };
}

function readExec(value: unknown): Exec | undefined {
  if (!isPlainObject(value) || !isTexts(value.command)) return undefined;
  const { command, container, tty, stdin } = value;
  return { container: textOf(container), command, tty: tty === true, stdin: stdin === true };
}

function readObject(value: unknown): ObjectPart {
  const ref = isPlainObject(value) ? value : {};
  return {
    isResourceRequest: isPlainObject(value),
    apiGroup: textOf(ref.apiGroup),
    apiVersion: textOf(ref.apiVersion),
    resource: textOf(ref.resource),
    subresource: textOf(ref.subresource),
    namespace: textOf(ref.namespace),
    name: textOf(ref.name),
  };
}

/** Reads what an event must record for its request to be evaluated. Undefined if a fact is missing or has a wrong type. */
function readFacts(data: Fields, ours: Fields) {
  const { identity, cluster: clusterRef, policyVerb: verb, sessionId, clientAddress: ip } = ours;
  const { verb: requestVerb } = data;
  const user = isPlainObject(data.user) ? data.user.username : undefined;
  const cluster = clusterRef === undefined ? '' : isPlainObject(clusterRef) ? clusterRef.name : undefined;
  const exec = readExec(ours.exec);
  const time = textOf(data.requestReceivedTimestamp);
  const now = Date.parse(time);
  if (!isPlainObject(identity) || !isTexts(identity.groups) || Number.isNaN(now)) return undefined;
  if (ours.exec !== undefined && exec === undefined) return undefined;
  if (typeof user !== 'string' || user === '' || typeof sessionId !== 'string' || sessionId === '') return undefined;
  if (typeof cluster !== 'string' || typeof verb !== 'string' || typeof ip !== 'string') return undefined;
  if (typeof requestVerb !== 'string' || typeof data.requestURI !== 'string') return undefined;
  const { email, groups } = identity;
  return {
    user,
    email: typeof email === 'string' ? email : undefined,
    groups,
    cluster,
    verb,
    requestVerb,
    sessionId,
    ip,
    time,
    now,
    exec,
  };
}

/** Returns whom a request asked to act as. What cannot be read is a request to act as no one, which nothing allows. */
function readImpersonate({ sallyport }: Fields): string[] | undefined {
  const { request } = sallyport as Fields;
  const value = isPlainObject(request) ? request.impersonate : undefined;
  if (value === undefined) return undefined;
  return isTexts(value) ? value : [];
}

/** Reads what a policy can see of a request from the last event of that request. */
export function readRecordedRequest(auditID: string, data: Fields): RecordedRequest | Undecided {
  const ours = data.sallyport as Fields;
  const decision = readDecision(ours);
  if (typeof decision === 'string') return decision;
  const facts = readFacts(data, ours);
  if (!facts) return 'unreadable';
  const { requestVerb, exec } = facts;
  const object = readObject(data.objectRef);
  const {
    missing: ofUri,
    dryRun,
    ...uri
  } = readUri(textOf(data.requestURI), {
    ...object,
    requestVerb,
    bytesIn: ours.bytesIn,
  });
  const { missing: ofKind, ...kind } = recordedKind({
    ...object,
    requestVerb,
    policyVerbs: ours.policyVerbs,
    hasRequestInfo: isPlainObject(ours.request),
  });
  const code = isPlainObject(data.responseStatus) ? data.responseStatus.code : undefined;
  const answered = decision.effect === 'allow' && typeof code === 'number' && code < 400;
  const method = methodOf({ ...object, requestVerb }, ours, answered);
  let missing = neverRecorded | ofUri | ofKind;
  if (method.name === undefined) missing |= bitOf('request.method');
  // A policy sees headers only of a preflight, and events do not record them.
  if (method.mayBeOptions) missing |= bitOf('request.headers');
  if (exec?.command.some((word) => word.startsWith('hmac-sha256:')) === true) missing |= bitOf('kubernetes.exec');
  return {
    auditID,
    ...decision,
    ...facts,
    ...object,
    ...uri,
    ...kind,
    dryRun: dryRun === true ? true : undefined,
    method: method.name,
    upgrade: !/^(?:$|http\/)/i.test(textOf(ours.protocol)),
    impersonate: readImpersonate(data),
    missing,
  };
}
