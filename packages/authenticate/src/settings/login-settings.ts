import type { Config } from '@sallyport/contracts';

/** What logins need of the configuration. */
export type LoginSettings = {
  /** Where browsers see the pages; the callback that the providers know is there. */
  loginOrigin: string;
  /** That origin and the gateway's own; requests from anywhere else are refused. */
  origins: readonly string[];
  redirects: readonly string[];
  /** The provider of those who do not choose; undefined where they are to. */
  defaultProvider: string | undefined;
  /** Ways to log in that may be switched off. */
  device: boolean;
  paste: boolean;
  pomerium: boolean;
  lifetimeMs: number;
  idleMs: number;
  /** How many sessions a person may have; undefined where there is no limit. */
  perUser: number | undefined;
  onLimit: 'endOldest' | 'refuse';
};

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** True where a cookie may go without Secure: plain http on this machine, for the demo. */
export function isPlainLoopback(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'http:' && loopbackHosts.has(hostname);
}

/**
 * Reads the settings. Throws if the pages would be plain http anywhere but on loopback: session cookies would travel in
 * clear.
 */
export function readLoginSettings(config: Pick<Config, 'gateway' | 'identity' | 'login' | 'sessions'>): LoginSettings {
  const gatewayOrigin = new URL(config.gateway.url).origin;
  const loginOrigin = config.login.url === undefined ? gatewayOrigin : new URL(config.login.url).origin;
  if (!loginOrigin.startsWith('https:') && !isPlainLoopback(loginOrigin)) {
    throw new Error('the login pages must be https (plain http is for loopback only)');
  }
  const { redirects, device, paste, pomerium } = config.login;
  return {
    loginOrigin,
    origins: [...new Set([loginOrigin, gatewayOrigin])],
    redirects,
    defaultProvider: config.identity.defaultProvider,
    device,
    paste,
    pomerium,
    lifetimeMs: config.sessions.lifetime,
    idleMs: config.sessions.idle,
    perUser: config.sessions.perUser,
    onLimit: config.sessions.onLimit,
  };
}
