// Who are you? Logins with identity providers, and the sessions that they create.
export { startAuthenticate } from './start-authenticate.ts';
export { createAuthenticateApp } from './app/create-authenticate-app.ts';
export { readLoginSettings } from './http/login-settings.ts';
export { createProviderClient } from './providers/create-provider-client.ts';
