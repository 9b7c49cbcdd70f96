import type { AuditSink } from '@sallyport/audit-log';
import type { ScimDeps } from '@sallyport/directory';
import type { ServiceVerifier, Tracer } from '@sallyport/kit';
import type { LoginMonitor } from '../events/login-monitor.ts';
import type { PendingLoginSealer } from '../login/pending-login.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';
import type { Workloads } from '../workloads/compile-workloads.ts';

/** The dependencies of the service. */
export type AuthenticateDeps = Omit<HandlerDeps, 'events' | 'nameEvents' | 'monitor'> & {
  audit: AuditSink;
  /** Verifies the service credential of every internal call. */
  verifier: ServiceVerifier;
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
};
