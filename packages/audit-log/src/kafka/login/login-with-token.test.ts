import { describe, expect, it } from '@jest/globals';
import type { AuthenticationProviderArgs } from 'kafkajs';
import { loginWithToken } from './login-with-token.ts';

/** A broker that answers the messages of the exchange one after another. */
function startExchange(answers: (string | Error)[], extensions: Record<string, string> = {}) {
  const sent: string[] = [];
  const refused: string[] = [];
  const saslAuthenticate = (async ({
    request,
    response,
  }: Parameters<AuthenticationProviderArgs['saslAuthenticate']>[0]) => {
    const bytes = await request.encode();
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4);
    sent.push(bytes.subarray(4).toString());
    const answer = answers.shift()!;
    if (answer instanceof Error) throw answer;
    const text = Buffer.from(answer);
    const length = Buffer.alloc(4);
    length.writeInt32BE(text.length);
    return response!.parse(await response!.decode(Buffer.concat([length, text])));
  }) as AuthenticationProviderArgs['saslAuthenticate'];
  const tokens = { token: async () => 'planted-token', refused: (token: string) => void refused.push(token) };
  const { authenticationProvider } = loginWithToken(tokens, extensions);
  const args = { host: 'kafka', port: 1, saslAuthenticate } as unknown as AuthenticationProviderArgs;
  return { sent, refused, login: () => authenticationProvider(args).authenticate() };
}

const failed = Object.assign(new Error('contains planted-token'), { type: 'SASL_AUTHENTICATION_FAILED' });

describe('a login to Kafka with a token', () => {
  it('sends it as RFC 7628 says, with the extensions', async () => {
    const { login, sent, refused } = startExchange([''], { logicalCluster: 'lkc-1', pool: 'p' });
    await login();
    expect(sent).toEqual(['n,,\u0001auth=Bearer planted-token\u0001logicalCluster=lkc-1\u0001pool=p\u0001\u0001']);
    expect(refused).toEqual([]);
  });

  it('ends the exchange when the broker refuses it, forgets it, and does not repeat it', async () => {
    const { login, sent, refused } = startExchange(['{"status":"invalid_token"}', failed]);
    const error = await login().catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({
      name: 'KafkaLoginError',
      message: expect.stringMatching(/\(invalid_token\)\. Check/),
    });
    expect((error as Error).cause).toBeUndefined();
    expect(sent[1]).toBe('\u0001');
    expect(refused).toEqual(['planted-token']);
  });

  it.each([
    ['no JSON', 'planted-token'],
    ['another status', '{"status":"planted-token is wrong"}'],
    ['an error at once', failed],
  ])('repeats nothing of a refusal with %s', async (_what, answer) => {
    const { login, refused } = startExchange([answer, failed]);
    const error = await login().catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ name: 'KafkaLoginError' });
    expect((error as Error).message).not.toContain('planted-token');
    expect(refused).toEqual(['planted-token']);
  });

  it('keeps the token when the connection fails', async () => {
    const { login, refused } = startExchange([new Error('closed')]);
    await expect(login()).rejects.toThrow('closed');
    expect(refused).toEqual([]);
  });
});
