import type { EndReason, Session } from '@sallyport/contracts';
import { auditKey, createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { ProblemError, type ClientFacts, type Problem } from '@sallyport/kit';
import { auditDraft, type LoginEvent, type Person } from './audit-draft.ts';

/**
 * Many requests from users who are not logged in, reported as one event. Times are in milliseconds since the epoch.
 * `address` is the address block that they came from, if it was only one.
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

type Failure = {
  path: string;
  problem: Pick<Problem, 'code' | 'detail'>;
  provider?: string;
  facts: ClientFacts;
  code: number;
  person?: Person;
};

type Enqueue = (event: LoginEvent) => void;

/** The events that authenticate writes to the audit log. */
export type LoginEvents = {
  /** Refuses (`audit-unavailable`) to start what could not be recorded. */
  requireRoom(): void;
  login(session: Session, path: string): void;
  /**
   * `person` is the user who made it fail, if a provider has authenticated them. Without it the event belongs to an
   * anonymous caller, and repetitions are counted.
   */
  failed(failure: Failure): void;
  revoked(session: Session, by: { caller: Person; path: string; facts: ClientFacts; reason: string }): void;
  /** The session ended without a user's action here. */
  ended(session: Session, why: { reason: EndReason; detail: string; path?: string; facts?: ClientFacts }): void;
  /** More logins were started, or refused, than users normally start. */
  flood(flood: LoginFlood): void;
  /** The provider reported changes to the user. */
  refreshed(session: Session, change: string): void;
};

function createSessionEvents(enqueue: Enqueue): Pick<LoginEvents, 'login' | 'revoked' | 'ended' | 'refreshed'> {
  return {
    login: (session, path) =>
      enqueue({
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
    ended: (session, { reason, detail, path = '', facts = {} }) =>
      enqueue({
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
      enqueue({
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
      enqueue({
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

function failedEvent({ path, problem, provider, facts, code, person }: Failure): LoginEvent {
  return {
    type: 'login.failed',
    verb: 'login',
    path,
    user: person,
    of: person,
    facts,
    code,
    message: `${problem.code}: ${problem.detail}`,
    ...(provider === undefined ? {} : { detail: provider }),
  };
}

function floodEvent({ cause, clientAddress, firstAt, lastAt, ...rest }: LoginFlood): LoginEvent {
  return {
    type: 'login.failed',
    verb: 'login',
    path: '/.sallyport/login',
    user: undefined,
    of: undefined,
    facts: clientAddress === undefined ? {} : { clientAddress },
    code: 429,
    message: `${cause}: ${rest.count} in ${Math.ceil((lastAt - firstAt) / 1000)} s`,
    aggregated: {
      ...rest,
      cause,
      firstTimestamp: new Date(firstAt).toISOString(),
      lastTimestamp: new Date(lastAt).toISOString(),
    },
  };
}

/**
 * Creates the events and passes them to the sink. Paths are recorded without their query, which holds codes and states.
 */
export function createLoginEvents(deps: { audit: AuditSink; now: () => number; randomId: () => string }): LoginEvents {
  const { audit, randomId } = deps;
  const enqueue: Enqueue = (event) =>
    audit.enqueue(
      createAuditRecord(
        {
          type: event.type,
          source: 'sallyport/authenticate',
          key: auditKey(undefined, event.session?.id),
          data: auditDraft(event, randomId()),
        },
        deps,
      ),
    );
  return {
    ...createSessionEvents(enqueue),
    requireRoom() {
      if (!audit.hasRoom())
        throw new ProblemError(
          'audit-unavailable',
          'The audit log cannot be written at the moment, so logins are refused. Try again shortly.',
        );
    },
    failed(failure) {
      // Anyone can fail to log in, as often as they like. That must not fill the queue.
      if (audit.hasRoom()) enqueue(failedEvent(failure));
    },
    flood(flood) {
      if (audit.hasRoom()) enqueue(floodEvent(flood));
    },
  };
}
