import type { createPlainBrowser } from '../harness/index.ts';

/** A third-party identity provider, as used by the tests. */
export type RealProvider = {
  id: string;
  /** Its entry of `identity.providers`. */
  settings: Record<string, unknown>;
  /** Registers the gateway with these login pages as a client. */
  admit(pagesUrl: string): Promise<void>;
  /** Sets the groups of a person. */
  setGroups(user: string, groups: readonly string[]): Promise<void>;
  disable(user: string): Promise<void>;
  /**
   * Why it sometimes fails with a 5xx, which is reported as "cannot be reached". The flow is then repeated.
   */
  unsteady?: string;
  /**
   * Ends the session of this browser at the provider, if the provider then notifies its clients (OpenID Connect
   * Back-Channel Logout).
   */
  logOutThere?(user: string, browser: ReturnType<typeof createPlainBrowser>): Promise<void>;
};

export const realClient = { id: 'sallyport', secret: 'secret-of-the-tests' };
/** The password of each person is their name. */
export const realPeople = ['alice', 'bob', 'dave', 'erin'] as const;
export const emailOf = (user: string) => `${user}@example.com`;
