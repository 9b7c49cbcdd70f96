import { meSchema, readAnswer } from '../gateway/answers.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/credential.ts';
import { describeError } from '../terminal/cli-error.ts';

// A full disk must not keep kubectl from a valid credential.
function keepIfPossible({ store, environment }: OpenGateway, credential: Credential): void {
  try {
    store.keep(credential);
  } catch (error) {
    environment.stderr.write(describeError(error).text);
  }
}

/**
 * Asks the gateway whether a stored credential is still valid, and updates it. Returns undefined if it is not valid.
 * `provider` is the identity provider of its session.
 */
export async function stillValid(
  gateway: OpenGateway,
  credential: Credential,
): Promise<{ credential: Credential; provider: string | undefined } | undefined> {
  const { client, store, environment } = gateway;
  if (credential.expiresAt <= environment.now()) return undefined;
  const answer = await client.call({
    method: 'GET',
    path: '/.sallyport/me',
    token: credential.token,
    timeoutMs: 10_000,
  });
  if (answer.status === 401) return undefined;
  const me = readAnswer(meSchema, expectOk(answer, client.address.origin), 'your identity');
  const renewed = { ...credential, user: me.user, expiresAt: me.session.expiresAt };
  // Another process may have logged in or out in the meantime. Then its result counts.
  if (store.read()?.token === credential.token) keepIfPossible(gateway, renewed);
  return { credential: renewed, provider: me.provider ?? undefined };
}
