import type { AuditSink } from '@sallyport/audit-log';
import type { ScimDeps } from '@sallyport/directory';
import type { Logger, ServiceVerifier, SessionTokenSigner, Tracer } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import type { NameStore, SessionStore, SingleUseStore } from '@sallyport/stores';
import type { LoginMonitor } from '../events/login-monitor.ts';
import type { LoginSettings } from '../http/login-settings.ts';
import type { PendingLoginSealer } from '../login/pending-login.ts';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import type { TokenStorage } from '../tokens/provider-tokens.ts';
import type { Workloads } from '../workloads/compile-workloads.ts';

/** The dependencies of the service. Each route takes the part that it needs (`LoginDeps`, `SessionDeps` ...). */
export type AuthenticateDeps = {
  settings: LoginSettings;
  providers: readonly ProviderClient[];
  sessions: SessionStore;
  singleUse: SingleUseStore;
  /** Whom the names of service accounts belong to. */
  names: NameStore;
  audit: AuditSink;
  /** Verifies the service credential of every internal call. */
  verifier: ServiceVerifier;
  /** Signs tokens in the form that Pomerium clients need. Without it they cannot log in. */
  sessionTokens?: SessionTokenSigner;
  /** Stores the tokens that providers issue, sealed. Without it none are stored, and sessions are not refreshed. */
  tokenStorage?: TokenStorage;
  /** The dependencies of the SCIM endpoint. Without them there is no such endpoint. */
  scim?: ScimDeps;
  /** Machines that log in with a token of their platform. Without them such tokens are refused. */
  workloads?: Workloads;
  /** Seals pending logins. The default uses a random key of this process. */
  pendingLogins?: PendingLoginSealer;
  /** Counts logins. The default counts without metrics. */
  monitor?: LoginMonitor;
  /** Makes spans of the calls that the gateway traces. Without it there are none. */
  tracer?: Tracer;
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
