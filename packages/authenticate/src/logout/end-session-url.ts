import type { Caller } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { openTokens } from '../tokens/provider-tokens.ts';

/** For so long a person who logs out waits for a provider that has to be asked where. */
const patienceMs = 2000;

async function idTokenOf({ keeping }: RouteDeps, sessionId: string): Promise<string | undefined> {
  const record = await keeping?.tokens.read(sessionId);
  return record && openTokens(keeping!.sealer, record.sealed, sessionId)?.idToken;
}

/**
 * Where the browser ends its session at the provider, to come back to our own page; undefined where it cannot, or where
 * that is not known in time. To be asked before the session ends: its tokens go with it.
 */
export async function providerLogoutUrl(
  deps: RouteDeps,
  { session, identity }: Pick<Caller, 'session' | 'identity'>,
): Promise<URL | undefined> {
  const provider = deps.providers.find(({ id }) => id === identity.provider);
  if (!provider) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  const ask = async () => {
    const idToken = await idTokenOf(deps, session.id);
    return provider.endSessionUrl({
      ...(idToken === undefined ? {} : { idToken }),
      hint: identity.email ?? identity.subject,
      returnTo: `${deps.settings.loginOrigin}/.sallyport/signed-out`,
    });
  };
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    deps.logger.warn(
      { err: error, provider: provider.id },
      'nobody can be sent to end their session at the identity provider',
    );
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
