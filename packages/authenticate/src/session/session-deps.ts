import type { Pages } from '@sallyport/pages';
import type { SessionStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';
import type { LoginSettings } from '../settings/login-settings.ts';

/** The dependencies of the routes that show and revoke sessions. */
export type SessionDeps = {
  sessions: SessionStore;
  events: Pick<LoginEvents, 'revoked'>;
  settings: Pick<LoginSettings, 'origins'>;
  pages: Pages;
  providers: readonly { id: string; name: string }[];
  now: () => number;
};
