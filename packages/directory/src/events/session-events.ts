import type { EndReason, Session } from '@sallyport/contracts';

/** Receives what the directory changes in sessions. */
export type SessionEvents = {
  /** A session ended because the directory no longer admits its user. */
  ended(session: Session, why: { reason: EndReason; detail: string }): void;
  /** The groups of a session changed; `change` describes how. */
  refreshed(session: Session, change: string): void;
};
