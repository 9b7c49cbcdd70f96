import type { Logger, SessionTokenSigner } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import type { NameStore, SessionStore, SingleUseStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';
import type { LoginMonitor } from '../events/login-monitor.ts';
import type { NameEvents } from '../events/name-events.ts';
import type { LoginSettings } from '../http/login-settings.ts';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import type { TokenStorage } from '../tokens/provider-tokens.ts';

/** What the routes of the service work with. */
export type HandlerDeps = {
  settings: LoginSettings;
  providers: readonly ProviderClient[];
  sessions: SessionStore;
  singleUse: SingleUseStore;
  /** Whom the names of service accounts belong to. */
  names: NameStore;
  events: LoginEvents;
  nameEvents: NameEvents;
  /** Counts logins. */
  monitor: LoginMonitor;
  /** Signs tokens in the form that Pomerium clients need. Without it they cannot log in. */
  sessionTokens?: SessionTokenSigner;
  /** Stores the tokens that providers issue, sealed. Without it none are stored, and sessions are not refreshed. */
  tokenStorage?: TokenStorage;
  pages: Pages;
  logger: Logger;
  now: () => number;
  /** Returns 32 random bytes in base64url. */
  randomToken: () => string;
  /** Returns a UUID. */
  randomId: () => string;
  /** Returns a number from 0 to 1, which spreads the refreshes of sessions. */
  random?: () => number;
};
