import type { Config } from '@sallyport/contracts';

/** The part of the configuration that logins use. */
export type LoginSettings = {
  /** The origin of the login pages and of the redirect URI that providers know. */
  loginOrigin: string;
  /** `loginOrigin` and the gateway's own origin. Requests for any other origin are refused. */
  origins: readonly string[];
  redirects: readonly string[];
  /** The provider of users who do not choose one. If undefined, users must choose. */
  defaultProvider: string | undefined;
  /** Login methods that can be disabled. */
  device: boolean;
  paste: boolean;
  pomerium: boolean;
  lifetimeMs: number;
  idleMs: number;
  /** How many sessions a user may have. Undefined means no limit. */
  perUser: number | undefined;
  onLimit: 'endOldest' | 'refuse';
};

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Reports whether cookies may omit `Secure`: plain http on this machine, for the demo. */
export function isPlainLoopback(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'http:' && loopbackHosts.has(hostname);
}

/**
 * Reads the settings. Throws if the pages use plain http beyond loopback, which would send session cookies in clear.
 */
export function readLoginSettings(config: Pick<Config, 'gateway' | 'identity' | 'login' | 'sessions'>): LoginSettings {
  const gatewayOrigin = new URL(config.gateway.url).origin;
  const loginOrigin = config.login.url === undefined ? gatewayOrigin : new URL(config.login.url).origin;
  if (!loginOrigin.startsWith('https:') && !isPlainLoopback(loginOrigin)) {
    throw new Error('the login pages must use https (plain http is allowed on loopback only)');
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
