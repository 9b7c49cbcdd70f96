import { meSchema, streamListSchema } from '@sallyport/contracts/answers';
import { readAnswer } from '../gateway/read-answer.ts';
import { expectOk } from '../gateway/expect-ok.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import type { Credential } from '../home/stored-credential.ts';
import { describeError, CliError } from '../terminal/cli-error.ts';
import type { GatewayCall } from '../gateway/gateway-client.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';

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

const api = '/.sallyport/api/v1';
const endTimeoutMs = 5000;

/** Returns why the session must stay; undefined if nothing is open in it. Throws a CliError. */
async function whyKeep(gateway: OpenGateway, old: Credential): Promise<string | undefined> {
  const query = new URLSearchParams({ session: old.sessionId });
  const answer = await gateway.client.call({
    method: 'GET',
    path: `${api}/streams?${query.toString()}`,
    token: old.token,
    timeoutMs: endTimeoutMs,
  });
  const { streams, missing, omitted } = readAnswer(
    streamListSchema,
    expectOk(answer, gateway.address.origin),
    'the streams',
  );
  const open = streams.filter(({ sessionId }) => sessionId === old.sessionId).length + omitted;
  if (open > 0) return open === 1 ? 'a stream is open in it' : `${open} streams are open in it`;
  return missing.length > 0 ? 'a replica of the gateway does not say whether a stream is open in it' : undefined;
}

/**
 * Ends the session that a new login has replaced, unless a stream is open in it. The old credential itself asks for
 * that, because the new login may be another user's. A failure is only noted: the new login is good.
 */
export async function endOldSession(gateway: OpenGateway, old: Credential): Promise<void> {
  const note = (text: string) =>
    gateway.environment.stderr.write(
      `Your previous session stays: ${forTerminal(text)}. To end it, run: sallyport sessions revoke ${shellWord(forTerminal(old.sessionId))}\n`,
    );
  try {
    const why = await whyKeep(gateway, old);
    if (why !== undefined) return note(why);
    const call: GatewayCall = {
      method: 'DELETE',
      path: `${api}/sessions/${encodeURIComponent(old.sessionId)}`,
      token: old.token,
      timeoutMs: endTimeoutMs,
    };
    const answer = await gateway.client.call(call);
    if (answer.status !== 404) expectOk(answer, gateway.address.origin);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // It has ended by itself.
    if (error.exit !== 'not-logged-in') note(error.message);
  }
}
