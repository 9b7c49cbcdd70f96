import type { createPlainBrowser } from '../harness/index.ts';

/** An identity provider that somebody else wrote, as the tests work on it. */
export type RealProvider = {
  id: string;
  /** Its entry of `identity.providers`. */
  settings: Record<string, unknown>;
  /** Makes the gateway with these login pages its client. */
  admit(pagesUrl: string): Promise<void>;
  /** Puts somebody into these groups, and into no others. */
  setGroups(user: string, groups: readonly string[]): Promise<void>;
  disable(user: string): Promise<void>;
  /**
   * Why it now and then fails by itself (with a 5xx, which ends up as "cannot be reached"): then a flow is run again.
   */
  unsteady?: string;
  /**
   * Ends the session there that this browser has, as the person or an administrator does, if it then tells its clients
   * (OpenID Connect Back-Channel Logout).
   */
  logOutThere?(user: string, browser: ReturnType<typeof createPlainBrowser>): Promise<void>;
};

export const realClient = { id: 'sallyport', secret: 'secret-of-the-tests' };
/** Everybody's password is their name. */
export const realPeople = ['alice', 'bob', 'dave', 'erin'] as const;
export const emailOf = (user: string) => `${user}@example.com`;
