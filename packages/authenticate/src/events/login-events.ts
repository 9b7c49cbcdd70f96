import type { EndReason, SallyportPart, Session } from '@sallyport/contracts';
import type { RevokedSession } from '@sallyport/stores';
import { createRetriedRecord, recordAfterEffect, recordBeforeEffect, type RetriedOutcome } from '@sallyport/audit-log';
import { ProblemError, toProblem, type ClientFacts, type Problem } from '@sallyport/kit';
import { type LoginEvent, type Person, typesOf, type EventDeps, recordOf, refuseWith } from './audit-draft.ts';

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

/** How an event is passed to the sink: see `recordBeforeEffect`, `recordAfterEffect` and `createRetriedRecord`. */
type Record = {
  before(event: LoginEvent): Promise<void>;
  after(event: LoginEvent): Promise<boolean>;
  enqueue(event: LoginEvent): void;
  retried(event: LoginEvent): Promise<RetriedOutcome>;
};

const unrecordedToken = 'The audit log cannot record the session of this token at the moment. Try again shortly.';

/** The events that authenticate writes to the audit log. */
export type LoginEvents = {
  /** Refuses (`audit-unavailable`) to start what could not be recorded. */
  requireRoom(): void;
  /** Refuses (`audit-unavailable`) a token of a workload, as `requireRoom` does. */
  requireRoomForToken(): void;
  /** Records the session of a workload before it exists. Rejects as `login` does. */
  workloadStarted(
    session: Session,
    about: { workload: NonNullable<SallyportPart['workload']>; path: string; detail?: string },
  ): Promise<void>;
  /** Records a login before its session exists. Rejects with `audit-unavailable` if it is not recorded in time. */
  login(session: Session, path: string): Promise<void>;
  /** Records a credential of a program, or the session of a web application, before it exists. Rejects as `login` does. */
  created(session: Session, about: { path: string; detail: string; by?: Person }): Promise<void>;
  /** A login was recorded, or may still be, but its session did not come to be. */
  notBegun(session: Session, why: { path: string; error: unknown }): void;
  /**
   * `person` is the user who made it fail, if a provider has authenticated them. Without it the event belongs to an
   * anonymous caller, and repetitions are counted.
   */
  failed(failure: Failure): void;
  /** Reports whether the event is recorded. Never rejects. */
  revoked(
    session: RevokedSession,
    by: { caller: Person; path: string; facts: ClientFacts; reason: string },
  ): Promise<boolean>;
  /** The session ended without a user's action here. Reports whether that is recorded. Never rejects. */
  ended(
    session: RevokedSession,
    why: { reason: EndReason; detail: string; path?: string; facts?: ClientFacts },
  ): Promise<boolean>;
  /** More logins were started, or refused, than users normally start. */
  flood(flood: LoginFlood): void;
  /** The provider reported changes that took something away from the user. */
  refreshed(session: Session, change: string): void;
  /** Records changes that may give the user rights, before they take effect: `session` is as it will be. */
  widened(session: Session, change: string): Promise<RetriedOutcome>;
  /** A change that `widened` recorded, or may have, did not take effect. `session` is as it is. */
  notWidened(session: Session, change: string): void;
};

type SessionEvents = Omit<LoginEvents, 'requireRoom' | 'requireRoomForToken' | 'failed' | 'flood'>;

/** An event of a session that its user, or the gateway itself, caused. */
const sessionEvent = (
  session: Session,
  about: Pick<LoginEvent, 'type' | 'verb'> & Partial<LoginEvent>,
): LoginEvent => ({
  path: '',
  user: session.identity,
  of: session.identity,
  session,
  facts: {},
  code: 200,
  ...about,
});
const refreshedEvent = (session: Session, detail: string) =>
  sessionEvent(session, { type: 'session.refreshed', verb: 'refresh', detail });
const endedEvent = (session: Session, about: Partial<LoginEvent>) =>
  sessionEvent(session, { type: typesOf(session).ended, verb: 'end', user: undefined, ...about });

function createSessionEvents({ before, after, enqueue, retried }: Record): SessionEvents {
  const endChildren = ({ id, children = [] }: RevokedSession) => {
    for (const child of children)
      enqueue(endedEvent(child, { message: 'parent-ended', detail: `its parent was the session ${id}` }));
  };
  return {
    created: (session, { path, detail, by = session.identity }) =>
      before(
        sessionEvent(session, {
          type: typesOf(session).created,
          verb: 'create',
          path,
          user: by,
          facts: session,
          detail,
        }),
      ).catch(refuseWith('The audit log did not record this in time, so nothing was created. Try again shortly.')),
    login: (session, path) =>
      before(
        sessionEvent(session, {
          type: 'session.login',
          verb: 'login',
          path,
          facts: session,
          detail: session.identity.provider,
        }),
      ).catch(
        refuseWith('The audit log did not record the login in time, so you are not logged in. Log in again shortly.'),
      ),
    workloadStarted: (session, about) =>
      before(
        sessionEvent(session, { type: 'workload.session.started', verb: 'login', facts: session, ...about }),
      ).catch(refuseWith(unrecordedToken)),
    notBegun(session, { path, error }) {
      const { code, status, detail } = toProblem(error);
      enqueue(
        endedEvent(session, { path, facts: session, code: status, message: 'not-begun', detail: `${code}: ${detail}` }),
      );
    },
    ended(session, { reason, detail, path = '', facts = {} }) {
      endChildren(session);
      return after(endedEvent(session, { path, facts, message: reason, detail }));
    },
    refreshed: (session, change) => enqueue(refreshedEvent(session, change)),
    widened: (session, change) => retried(refreshedEvent(session, change)),
    notWidened: (session, change) => enqueue(refreshedEvent(session, `not in effect: ${change}`)),
    revoked(session, { caller, path, facts, reason }) {
      endChildren(session);
      const type = typesOf(session).revoked;
      return after(sessionEvent(session, { type, verb: 'revoke', path, user: caller, facts, detail: reason }));
    },
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
export function createLoginEvents(deps: EventDeps): LoginEvents {
  const { audit } = deps;
  const toRecord = (event: LoginEvent) => recordOf(event, deps);
  const { record } = createRetriedRecord(audit);
  const enqueue = (event: LoginEvent) => audit.enqueue(toRecord(event));
  const requireRoom = (detail: string) => () => {
    if (!audit.hasRoom()) throw new ProblemError('audit-unavailable', detail);
  };
  return {
    ...createSessionEvents({
      enqueue,
      before: (event) => recordBeforeEffect(audit, toRecord(event)),
      after: (event) => recordAfterEffect(audit, toRecord(event)),
      retried: (event) => record(toRecord(event)),
    }),
    requireRoom: requireRoom(
      'The audit log cannot be written at the moment, so logins are refused. Try again shortly.',
    ),
    requireRoomForToken: requireRoom(unrecordedToken),
    failed(failure) {
      // Anyone can fail to log in, as often as they like. That must not fill the queue.
      if (audit.hasRoom()) enqueue(failedEvent(failure));
    },
    flood(flood) {
      if (audit.hasRoom()) enqueue(floodEvent(flood));
    },
  };
}
