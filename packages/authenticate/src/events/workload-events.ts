import type { SallyportPart, Session } from '@sallyport/contracts';
import { recordBeforeEffect } from '@sallyport/audit-log';
import { ProblemError, toProblem } from '@sallyport/kit';
import { type LoginEvent, type EventDeps, recordOf } from './audit-draft.ts';

/** The events of the sessions of workloads. */
export type WorkloadEvents = {
  /** Refuses (`audit-unavailable`) to start what could not be recorded. */
  requireRoom(): void;
  /** Records a session before it exists. Rejects with `audit-unavailable` if it is not recorded in time. */
  started(
    session: Session,
    workload: NonNullable<SallyportPart['workload']>,
    path: string,
    detail?: string,
  ): Promise<void>;
  /** A session was recorded, or may still be, but did not come to be. */
  notBegun(session: Session, why: { path: string; error: unknown }): void;
};

const unavailable = (cause?: unknown) =>
  new ProblemError(
    'audit-unavailable',
    'The audit log cannot record the session of this token at the moment. Try again shortly.',
    cause === undefined ? {} : { cause },
  );

/** Creates the events and passes them to the sink. No event contains a token. */
export function createWorkloadEvents(deps: EventDeps): WorkloadEvents {
  const { audit } = deps;
  const toRecord = (
    session: Session,
    about: Pick<LoginEvent, 'type' | 'verb' | 'path' | 'code'> & Partial<LoginEvent>,
  ) => recordOf({ user: session.identity, of: session.identity, session, facts: session, ...about }, deps);
  return {
    requireRoom() {
      if (!audit.hasRoom()) throw unavailable();
    },
    started: (session, workload, path, detail) =>
      recordBeforeEffect(
        audit,
        toRecord(session, {
          type: 'workload.session.started',
          verb: 'login',
          path,
          code: 200,
          workload,
          ...(detail === undefined ? {} : { detail }),
        }),
      ).catch((error: unknown) => {
        throw unavailable(error);
      }),
    notBegun(session, { path, error }) {
      const { code, status, detail } = toProblem(error);
      audit.enqueue(
        toRecord(session, {
          type: 'session.ended',
          verb: 'end',
          user: undefined,
          path,
          code: status,
          message: 'not-begun',
          detail: `${code}: ${detail}`,
        }),
      );
    },
  };
}
