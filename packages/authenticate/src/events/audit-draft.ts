import { hash } from 'node:crypto';
import {
  type AuditEventType,
  type Session,
  type SessionKind,
  workloadNameOf,
  type Identity,
  type SallyportPart,
  type AuditRecord,
} from '@sallyport/contracts';
import { ProblemError, type DeviceFacts } from '@sallyport/kit';
import { type AuditSink, createAuditRecord, auditKey } from '@sallyport/audit-log';

type SessionTypes = { created: AuditEventType; revoked: AuditEventType; ended: AuditEventType };
const sessionTypes: SessionTypes = { created: 'session.login', revoked: 'session.revoked', ended: 'session.ended' };
/** The types of the events of sessions that are not logins: the credentials of programs, and the sessions of routes. */
const machineTypes: { readonly [kind in SessionKind]?: SessionTypes } = {
  agent: { created: 'agent.created', revoked: 'agent.revoked', ended: 'agent.ended' },
  'service-account': {
    created: 'service_account.created',
    revoked: 'service_account.revoked',
    ended: 'service_account.ended',
  },
  route: { ...sessionTypes, created: 'route.session.started' },
};

/** Returns the types of the events of a session. */
export const typesOf = ({ kind }: Pick<Session, 'kind'>): SessionTypes => machineTypes[kind] ?? sessionTypes;

export type Person = Pick<Identity, 'issuer' | 'subject' | 'user' | 'email' | 'groups' | 'amr' | 'authTime'> &
  Partial<Pick<Identity, 'provider'>>;

/** An event before it becomes an audit record. `user` acted, `of` is the user whose session or login it is. */
export type LoginEvent = {
  type: AuditEventType;
  verb: string;
  path: string;
  user: Person | undefined;
  of: Person | undefined;
  session?: Pick<Session, 'id' | 'kind' | 'agent'>;
  facts: DeviceFacts;
  code: number;
  message?: string;
  detail?: string;
  aggregated?: NonNullable<SallyportPart['aggregated']>;
  workload?: NonNullable<SallyportPart['workload']>;
};

const userOf = (person: Person | undefined) =>
  person === undefined
    ? {}
    : {
        username: person.user,
        groups: person.groups,
        uid: hash('sha256', `${person.issuer}\0${person.subject}`, 'base64url'),
      };
const identityOf = (person: Person) => ({
  iss: person.issuer,
  sub: person.subject,
  groups: person.groups,
  amr: person.amr,
  ...(person.email === undefined ? {} : { email: person.email }),
  ...(person.authTime === undefined ? {} : { authTime: person.authTime }),
});

function workloadOf({ workload, session, of }: LoginEvent): SallyportPart['workload'] {
  if (workload || !session || of?.provider === undefined) return workload;
  const name = workloadNameOf({ kind: session.kind, provider: of.provider });
  return name === undefined ? undefined : { name };
}

/** Builds the data of the audit record of an event. */
export function auditDraft(event: LoginEvent, auditID: string) {
  const { facts, session } = event;
  const workload = workloadOf(event);
  return {
    auditID,
    stage: 'ResponseComplete' as const,
    requestURI: event.path,
    verb: event.verb,
    user: userOf(event.user),
    ...(facts.clientAddress === undefined ? {} : { sourceIPs: [facts.clientAddress] }),
    ...(facts.userAgent === undefined ? {} : { userAgent: facts.userAgent }),
    responseStatus: { code: event.code, ...(event.message === undefined ? {} : { message: event.message }) },
    sallyport: {
      ...(event.of === undefined ? {} : { identity: identityOf(event.of) }),
      ...(session ? { sessionId: session.id, credentialKind: session.kind } : {}),
      ...(session?.agent ? { agent: { id: session.id, name: session.agent.name } } : {}),
      ...(facts.clientAddress === undefined ? {} : { clientAddress: facts.clientAddress }),
      ...(facts.approvedFrom ? { approvedFrom: facts.approvedFrom } : {}),
      ...(event.detail === undefined ? {} : { detail: event.detail }),
      ...(event.aggregated ? { aggregated: event.aggregated } : {}),
      ...(workload ? { workload } : {}),
    },
  };
}

/** What events are recorded with. */
export type EventDeps = { audit: AuditSink; now: () => number; randomId: () => string };

/** The audit record of an event. It has a place in the trail with others about the same thing, usually a session. */
export function recordOf(event: LoginEvent, deps: EventDeps, about = event.session?.id): AuditRecord {
  return createAuditRecord(
    {
      type: event.type,
      source: 'sallyport/authenticate',
      key: auditKey(undefined, about),
      data: auditDraft(event, deps.randomId()),
    },
    deps,
  );
}

/** Refuses what was not recorded in time. */
export const refuseWith = (detail: string) => (cause: unknown) => {
  throw new ProblemError('audit-unavailable', detail, { cause });
};
