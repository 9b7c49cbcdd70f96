import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import type { Pages } from '@sallyport/pages';
import type { LoginEvents } from '../events/login-events.ts';
import type { LoginSettings } from '../settings/login-settings.ts';

/** The dependencies of the sessions of web applications. */
export type RouteSessionDeps = {
  sessions: SessionStore;
  singleUse: SingleUseStore;
  events: Pick<LoginEvents, 'requireRoom' | 'created' | 'notBegun' | 'revoked'>;
  settings: LoginSettings;
  pages: Pages;
  now: () => number;
  randomToken: () => string;
  randomId: () => string;
};
