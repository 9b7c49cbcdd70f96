import { auditStages, type AuditStage } from '@sallyport/contracts';
import { fieldsOf, textOf, type Fields } from './fields.ts';
import { readTime } from './micros.ts';
import { shownText, shownUri } from './shown-uri.ts';

/** A user as a cluster's own log names them. */
export type ClusterUser = { username: string; uid?: string; groups?: string[] };

/**
 * An event of a cluster's own audit log: the members of audit.k8s.io/v1 that say who did what, and how it ended. Bodies,
 * managed fields and most annotations are left out, because they can contain Secrets.
 */
export type ClusterEvent = {
  auditID: string;
  stage: AuditStage;
  level: string;
  requestURI: string;
  verb: string;
  user: ClusterUser;
  impersonatedUser?: ClusterUser;
  sourceIPs?: string[];
  userAgent?: string;
  objectRef?: Partial<Record<(typeof refMembers)[number], string>>;
  responseStatus?: { code?: number; reason?: string; message?: string };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
};

const refMembers = ['resource', 'namespace', 'name', 'apiGroup', 'apiVersion', 'subresource'] as const;
const levels: ReadonlySet<unknown> = new Set(['Metadata', 'Request', 'RequestResponse']);
const stages: ReadonlySet<unknown> = new Set(auditStages);
/** The API server accepts audit IDs of up to 64 characters. */
const maxId = 64;
const maxName = 1024;
const maxGroups = 2000;
const maxVerb = 256;
/** Others can contain parts of objects, such as the patch of an admission webhook. */
const keptAnnotations = /^(?:authorization|authentication|pod-security)\.(?:k8s|kubernetes)\.io\/[a-z-]{1,60}$/;

/** Texts that the client chose are cut, never refused: otherwise a long one would hide its request. */
const cut = (text: string, max: number) => (text.length <= max ? text : `${text.slice(0, max)}…`);
const optionalText = (value: unknown) => value === undefined || typeof value === 'string';

function readUser(value: unknown): ClusterUser | undefined {
  const user = fieldsOf(value);
  if (!user) return undefined;
  const { username = '', uid, groups } = user;
  if (typeof username !== 'string' || !optionalText(uid)) return undefined;
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === 'string');
  if (groups != null && !isList) return undefined;
  return {
    username: cut(username, maxName),
    ...(typeof uid === 'string' && uid !== '' ? { uid: cut(uid, maxName) } : {}),
    ...(isList ? { groups: (groups as string[]).slice(0, maxGroups).map((group) => cut(group, maxName)) } : {}),
  };
}

function readRef(value: unknown): ClusterEvent['objectRef'] {
  const ref = fieldsOf(value);
  if (!ref) return undefined;
  return Object.fromEntries(
    refMembers.flatMap((name) => {
      const text = ref[name];
      return typeof text !== 'string' || text === '' ? [] : [[name, shownText(text, maxName)]];
    }),
  );
}

function readStatus(value: unknown): ClusterEvent['responseStatus'] {
  const status = fieldsOf(value);
  if (!status) return undefined;
  const { code, reason, message } = status;
  return {
    ...(Number.isInteger(code) && (code as number) >= 0 && (code as number) <= 999 ? { code: code as number } : {}),
    ...(typeof reason === 'string' ? { reason: shownText(reason, 256) } : {}),
    ...(typeof message === 'string' ? { message: shownText(message, 1024) } : {}),
  };
}

function readAnnotations(value: unknown): ClusterEvent['annotations'] {
  const kept = Object.entries(fieldsOf(value) ?? {})
    .filter((pair): pair is [string, string] => keptAnnotations.test(pair[0]) && typeof pair[1] === 'string')
    .slice(0, 16);
  return kept.length === 0 ? undefined : Object.fromEntries(kept.map(([name, text]) => [name, shownText(text, 1024)]));
}

function optionalParts({ sourceIPs, userAgent, objectRef, responseStatus, annotations }: Fields) {
  const addresses = Array.isArray(sourceIPs)
    ? sourceIPs.slice(0, 16).filter((address) => textOf(address, 64) !== undefined)
    : [];
  return {
    sourceIPs: addresses.length === 0 ? undefined : (addresses as string[]),
    userAgent: typeof userAgent === 'string' ? shownText(userAgent, 1024) : undefined,
    objectRef: readRef(objectRef),
    responseStatus: readStatus(responseStatus),
    annotations: readAnnotations(annotations),
  };
}

/**
 * Reads an event of a cluster's own audit log. Returns undefined if it is none. The log is not trusted: members are
 * checked and bounded, tokens in texts are redacted, and times are written in UTC.
 */
export function readClusterEvent(value: unknown): ClusterEvent | undefined {
  const event = fieldsOf(value);
  // In an EventList, events have no kind of their own.
  if (!event || (event.kind !== undefined && event.kind !== 'Event')) return undefined;
  const { auditID, stage, level, verb, requestURI } = event;
  const [user, impersonated] = [readUser(event.user ?? {}), readUser(event.impersonatedUser)];
  if (!user || (event.impersonatedUser != null && !impersonated)) return undefined;
  if (!textOf(auditID, maxId) || !stages.has(stage) || !levels.has(level)) return undefined;
  if (typeof verb !== 'string' || typeof requestURI !== 'string') return undefined;
  const [received, staged] = [readTime(event.requestReceivedTimestamp), readTime(event.stageTimestamp)];
  if (received === undefined || staged === undefined) return undefined;
  const optional = Object.entries(optionalParts(event)).filter(([, part]) => part !== undefined);
  return {
    auditID: auditID as string,
    stage: stage as AuditStage,
    level: level as string,
    requestURI: shownUri(requestURI),
    verb: shownText(verb, maxVerb),
    user,
    ...(impersonated ? { impersonatedUser: impersonated } : {}),
    requestReceivedTimestamp: received,
    stageTimestamp: staged,
    ...Object.fromEntries(optional),
  };
}
