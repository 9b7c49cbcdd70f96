import type { Pages } from '@sallyport/pages';
import type { LoginMonitor } from '../events/login-monitor.ts';
import type { OpenSessionDeps } from '../session/open-session.ts';

/** The dependencies of the device authorization grant (RFC 8628). */
export type DeviceDeps = OpenSessionDeps & {
  monitor: LoginMonitor;
  randomId: () => string;
  pages: Pages;
  providers: readonly { id: string; name: string }[];
};
