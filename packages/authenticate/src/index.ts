// Who are you? Logins through OpenID providers, and the sessions that come of them.
export { createAuthenticateApp } from './app/create-authenticate-app.ts';
export { type AuthenticateDeps } from './app/authenticate-deps.ts';
export { checkAuthenticate } from './check-authenticate.ts';
export { startAuthenticate } from './start-authenticate.ts';
export { readLoginSettings, type LoginSettings } from './settings/login-settings.ts';
export { createProviderClient } from './providers/create-provider-client.ts';
export { type ProviderClient } from './providers/common/provider-client.ts';
export { type OutboundFetch } from '@sallyport/kit';
