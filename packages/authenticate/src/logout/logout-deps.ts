import type { Logger } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import type { LoginEvents } from '../events/login-events.ts';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { TokenStorage } from '../tokens/provider-tokens.ts';

/** What a logout in the browser or by a program needs. */
export type LogoutDeps = {
  sessions: SessionStore;
  events: Pick<LoginEvents, 'revoked'>;
  settings: Pick<LoginSettings, 'loginOrigin' | 'origins'>;
  providers: readonly Pick<ProviderClient, 'id' | 'name' | 'endSessionUrl'>[];
  tokenStorage?: TokenStorage;
  pages: Pages;
  logger: Logger;
};

/** What a back-channel logout needs. */
export type BackchannelLogoutDeps = {
  sessions: Pick<SessionStore, 'list' | 'revoke'>;
  singleUse: SingleUseStore;
  events: Pick<LoginEvents, 'ended'>;
  providers: readonly Pick<ProviderClient, 'id' | 'readLogoutToken'>[];
  logger: Logger;
  now: () => number;
};
