// Who are you? Logins through OpenID providers, and the sessions that come of them.
export { createAuthenticateApp } from './create-authenticate-app.ts';
export { type AuthenticateDeps } from './authenticate-deps.ts';
export { checkAuthenticate } from './check-authenticate.ts';
export { startAuthenticate, type RunningAuthenticate, type StartAuthenticate } from './start-authenticate.ts';
export { readLoginSettings, type LoginSettings } from './login/login-settings.ts';
export { createProviderClient, type ProviderClient } from './providers/provider-client.ts';
export { type OutboundFetch } from '@sallyport/kit';
