import type { EndReason, Session } from '@sallyport/contracts';
import type { RevokedSession } from '@sallyport/stores';

/** Receives what the directory changes in sessions. */
export type SessionEvents = {
  /** A session, and those that hung on it, ended because the directory no longer admits their user. */
  ended(session: RevokedSession, why: { reason: EndReason; detail: string }): unknown;
  /** A session lost groups; `change` describes which. */
  refreshed(session: Session, change: string): void;
  /**
   * Records a change that may give the user rights before it takes effect; `session` is as it will be. `late`: not
   * recorded in time, but it may still be. `unavailable`: not recorded. Never rejects.
   */
  widened(session: Session, change: string): Promise<'recorded' | 'late' | 'unavailable'>;
  /** A change that `widened` recorded, or may have, did not take effect. `session` is as it is. */
  notWidened(session: Session, change: string): void;
};
