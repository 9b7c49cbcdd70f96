import type { Caller } from '@sallyport/kit';
import { openTokens } from '../tokens/provider-tokens.ts';
import type { LogoutDeps } from './logout-deps.ts';

/** How long a logout waits for the provider's metadata. */
const timeoutMs = 2000;

async function idTokenOf({ tokenStorage }: LogoutDeps, sessionId: string): Promise<string | undefined> {
  const record = await tokenStorage?.tokens.read(sessionId);
  return record && openTokens(tokenStorage!.sealer, record.sealed, sessionId)?.idToken;
}

/**
 * Returns the URL at which the browser ends its session at the provider. Undefined if there is none, or if the provider
 * does not answer in time. Must be called before the session ends, because its tokens are deleted with it.
 */
export async function findEndSessionUrl(
  deps: LogoutDeps,
  { session, identity }: Pick<Caller, 'session' | 'identity'>,
): Promise<URL | undefined> {
  const provider = deps.providers.find(({ id }) => id === identity.provider);
  if (!provider) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
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
      'the end session endpoint of the identity provider could not be determined',
    );
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
