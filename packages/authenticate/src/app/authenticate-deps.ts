import type { AuditSink } from '@sallyport/audit-log';
import type { Logger, ServiceVerifier, SessionTokenSigner } from '@sallyport/kit';
import type { ProviderTokenStore, SessionStore, SingleUseStore, TokenSealer } from '@sallyport/stores';
import type { ScimDeps } from '@sallyport/directory';
import type { LoginSealer } from '../login/pending-login-sealer.ts';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import type { LoginEvents } from '../events/login-events.ts';
import type { LoginWatch } from '../events/login-monitor.ts';

/** What the service is made of. */
export type AuthenticateDeps = {
  settings: LoginSettings;
  providers: readonly ProviderClient[];
  /** Where there is `keeping`, those that take what is kept with them when they end. */
  sessions: SessionStore;
  singleUse: SingleUseStore;
  audit: AuditSink;
  /** Judges the service credential of every internal call. */
  verifier: ServiceVerifier;
  /** Makes tokens in the form that Pomerium's clients need; without it they cannot log in. */
  tokens?: SessionTokenSigner;
  /** Where what providers give is kept, sealed; without it nothing of it is kept, and sessions are not refreshed. */
  keeping?: { tokens: ProviderTokenStore; sealer: TokenSealer };
  /** What pushes of people and groups need; without it there is no address for them. */
  scim?: ScimDeps;
  /** Seals logins under way; with a key of this process unless given. */
  pending?: LoginSealer;
  /** Counts logins; what it counts is in no metric unless given. */
  watch?: LoginWatch;
  logger: Logger;
  now: () => number;
  /** 32 random bytes in base64url. */
  randomToken: () => string;
  /** A UUID. */
  randomId: () => string;
  /** A number from 0 to 1, for spreading what would else happen at once. */
  random?: () => number;
};

/** What the routes share. */
export type RouteDeps = AuthenticateDeps & { events: LoginEvents; pending: LoginSealer; watch: LoginWatch };
