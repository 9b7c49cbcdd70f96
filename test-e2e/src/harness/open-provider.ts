import {
  createIdentityProvider,
  type IdentityProvider,
  type IdentityProviderClient,
  type Person as Account,
} from '@sallyport/standalone';
import type { Closers } from './closers.ts';

export const clientId = 'sallyport';
export const clientSecret = 'secret-of-the-tests';

/** Starts an OpenID provider that can be stopped and started again, on an address of this machine. */
export async function openProvider(people: readonly Account[], closers: Closers, host = '127.0.0.1') {
  const issued: string[] = [];
  const onTokens = (answer: Record<string, unknown>) => {
    for (const name of ['refresh_token', 'id_token', 'access_token'])
      if (typeof answer[name] === 'string') issued.push(answer[name]);
  };
  let running = await createIdentityProvider({ host, people, onTokens });
  const { issuer, port } = running;
  let client: IdentityProviderClient = { clientId, clientSecret, redirectUris: [] };
  let up = true;
  const stop = async () => {
    if (up) await running.close();
    up = false;
  };
  closers.add(stop);
  const register = (pagesUrl: string) => {
    client = {
      clientId,
      clientSecret,
      redirectUris: [`${pagesUrl}/.sallyport/callback`],
      postLogoutRedirectUris: [`${pagesUrl}/.sallyport/signed-out`],
      backchannelLogoutUri: `${pagesUrl}/.sallyport/backchannel-logout/corp`,
    };
    running.register(client);
  };
  const start = async () => {
    running = await createIdentityProvider({ host, people, port, clients: [client], onTokens });
    up = true;
  };
  return {
    issuer: () => issuer,
    stop,
    start,
    register,
    issued,
    change: (user: string, changes: Parameters<IdentityProvider['change']>[1]) => running.change(user, changes),
  };
}
