import type { Logger } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import type { LoginMonitor } from '../events/login-monitor.ts';
import type { PomeriumDeps } from '../pomerium/redirect-with-session-token.ts';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import type { PendingLoginSealer } from './pending-login-sealer.ts';

/** The dependencies of the routes that start and complete logins. */
export type LoginDeps = Omit<PomeriumDeps, 'providers'> & {
  providers: readonly ProviderClient[];
  pendingLogins: PendingLoginSealer;
  monitor: LoginMonitor;
  pages: Pages;
  logger: Logger;
};
