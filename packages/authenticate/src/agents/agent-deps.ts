import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';

/** The dependencies of the routes that create, list and end agents. */
export type AgentDeps = {
  sessions: SessionStore;
  singleUse: Pick<SingleUseStore, 'claim' | 'take'>;
  events: Pick<LoginEvents, 'requireRoom' | 'created' | 'notBegun' | 'revoked'>;
  now: () => number;
  randomToken: () => string;
  randomId: () => string;
};
