import { hash } from 'node:crypto';
import type { AuditEventType, EndReason, Identity, SallyportPart, Session } from '@sallyport/contracts';
import { auditKey, createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { ProblemError, type Problem } from '@sallyport/kit';
import type { ClientFacts, DeviceFacts } from '@sallyport/kit';

type Aggregated = NonNullable<SallyportPart['aggregated']>;
type Person = Pick<Identity, 'issuer' | 'subject' | 'user' | 'email' | 'groups' | 'amr' | 'authTime'>;
/** Who did something to a session, and to whose. */
type Event = {
  type: AuditEventType;
  verb: string;
  path: string;
  user: Person | undefined;
  of: Person | undefined;
  session?: { id: string; kind: string };
  facts: DeviceFacts;
  code: number;
  message?: string;
  detail?: string;
  aggregated?: Aggregated;
};

/**
 * Many requests of people who are not logged in, told as one; times in milliseconds since the epoch. `address` is the
 * block of addresses that they came from, where it was one.
 */
export type LoginFlood = {
  cause: 'logins-begun' | 'logins-refused';
  count: number;
  firstAt: number;
  lastAt: number;
  address?: string;
  addresses?: number;
  clientAddress?: string;
};

/** What authenticate tells the audit log. */
export type LoginEvents = {
  /** Refuses to begin what could not be recorded (`audit-unavailable`). */
  requireRoom(): void;
  login(session: Session, path: string): void;
  /**
   * `person` is who made it fail, where a provider has vouched for them: without one the event is that of an anonymous
   * caller, and repetitions of it are counted.
   */
  failed(failure: {
    path: string;
    problem: Pick<Problem, 'code' | 'detail'>;
    provider?: string;
    facts: ClientFacts;
    code: number;
    person?: Person;
  }): void;
  revoked(session: Session, by: { caller: Person; path: string; facts: ClientFacts; reason: string }): void;
  /** It ended without anybody's doing here. */
  ended(session: Session, why: { reason: EndReason; detail: string; path?: string; facts?: ClientFacts }): void;
  /** More logins were begun, or refused, than people begin. */
  flood(flood: LoginFlood): void;
  /** Its provider says something new of the person. */
  refreshed(session: Session, change: string): void;
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

function draft(event: Event, auditID: string) {
  const { facts, session } = event;
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
      producer: 'authenticate',
      ...(event.of === undefined ? {} : { identity: identityOf(event.of) }),
      ...(session ? { sessionId: session.id, credentialKind: session.kind } : {}),
      ...(facts.clientAddress === undefined ? {} : { clientAddress: facts.clientAddress }),
      ...(facts.approvedFrom ? { approvedFrom: facts.approvedFrom } : {}),
      ...(event.detail === undefined ? {} : { detail: event.detail }),
      ...(event.aggregated ? { aggregated: event.aggregated } : {}),
    },
  };
}

/** Builds the events and hands them to the sink. Paths go in without their query: codes and states stand there. */
export function createLoginEvents(deps: { audit: AuditSink; now: () => number; randomId: () => string }): LoginEvents {
  const { audit, randomId } = deps;
  const tell = (event: Event) =>
    audit.enqueue(
      createAuditRecord(
        {
          type: event.type,
          source: 'sallyport/authenticate',
          key: auditKey(undefined, event.session?.id),
          data: draft(event, randomId()),
        },
        deps,
      ),
    );
  return {
    requireRoom() {
      if (!audit.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written at the moment, so nobody can log in. Try again shortly.',
        );
    },
    login: (session, path) =>
      tell({
        type: 'session.login',
        verb: 'login',
        path,
        user: session.identity,
        of: session.identity,
        session,
        facts: session,
        code: 200,
        detail: session.identity.provider,
      }),
    failed({ path, problem, provider, facts, code, person }) {
      // Anybody can fail to log in, as often as they like; they must not fill the queue.
      if (audit.hasRoom())
        tell({
          type: 'login.failed',
          verb: 'login',
          path,
          user: person,
          of: person,
          facts,
          code,
          message: `${problem.code}: ${problem.detail}`,
          ...(provider === undefined ? {} : { detail: provider }),
        });
    },
    flood({ cause, clientAddress, firstAt, lastAt, ...rest }) {
      if (!audit.hasRoom()) return;
      const aggregated = {
        ...rest,
        cause,
        firstTimestamp: new Date(firstAt).toISOString(),
        lastTimestamp: new Date(lastAt).toISOString(),
      };
      tell({
        type: 'login.failed',
        verb: 'login',
        path: '/.sallyport/login',
        user: undefined,
        of: undefined,
        facts: clientAddress === undefined ? {} : { clientAddress },
        code: 429,
        message: `${cause}: ${rest.count} in ${Math.ceil((lastAt - firstAt) / 1000)} s`,
        aggregated,
      });
    },
    ended: (session, { reason, detail, path = '', facts = {} }) =>
      tell({
        type: 'session.ended',
        verb: 'end',
        path,
        user: undefined,
        of: session.identity,
        session,
        facts,
        code: 200,
        message: reason,
        detail,
      }),
    refreshed: (session, change) =>
      tell({
        type: 'session.refreshed',
        verb: 'refresh',
        path: '',
        user: session.identity,
        of: session.identity,
        session,
        facts: {},
        code: 200,
        detail: change,
      }),
    revoked: (session, { caller, path, facts, reason }) =>
      tell({
        type: 'session.revoked',
        verb: 'revoke',
        path,
        user: caller,
        of: session.identity,
        session,
        facts,
        code: 200,
        detail: reason,
      }),
  };
}
