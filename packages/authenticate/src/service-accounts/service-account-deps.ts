import type { NameStore, SessionStore, SingleUseStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';
import type { NameEvents } from '../events/name-events.ts';

/** The dependencies of the routes that create, list and end service accounts, and of those of their names. */
export type ServiceAccountDeps = {
  sessions: SessionStore;
  names: NameStore;
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>;
  events: Pick<LoginEvents, 'requireRoom' | 'created' | 'notBegun' | 'revoked'>;
  nameEvents: NameEvents;
  now: () => number;
  randomToken: () => string;
  randomId: () => string;
};
