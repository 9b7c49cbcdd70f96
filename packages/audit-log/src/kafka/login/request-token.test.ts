import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KafkaTokenLogin } from '@sallyport/contracts';
import { createFormFetch } from './create-form-fetch.ts';
import { createTokenRequest } from './request-token.ts';

type Asked = { authorization: string | undefined; form: Record<string, string> };

let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;
const asked: Asked[] = [];

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  asked.push({ authorization: request.headers.authorization, form: Object.fromEntries(new URLSearchParams(body)) });
  answer(response);
}

beforeAll(async () => {
  server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const secret = 'planted:secret ü';
const loginOf = (more: Partial<KafkaTokenLogin> = {}): KafkaTokenLogin => ({
  mechanism: 'oauthbearer',
  tokenUrl: url,
  clientId: 'the gateway',
  clientSecret: secret,
  clientAuth: 'basic',
  extensions: {},
  ...more,
});
const json = (status: number, body: unknown) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const request = (more?: Partial<KafkaTokenLogin>) =>
  createTokenRequest(loginOf(more), createFormFetch(undefined, {}))();
const issued = (more: object = {}) => json(200, { access_token: 'planted-token', token_type: 'Bearer', ...more });

describe('the request for a token', () => {
  it('authenticates with the header by default, and asks for scope and audience', async () => {
    answer = issued({ expires_in: 300 });
    expect(await request({ scope: 'kafka write', audience: 'kafka' })).toEqual({
      value: 'planted-token',
      lifetimeMs: 300_000,
    });
    const { authorization, form } = asked.at(-1)!;
    const [id, password] = Buffer.from(authorization!.slice('Basic '.length), 'base64').toString().split(':');
    // RFC 6749 2.3.1: both are encoded like a form first.
    expect([id, password].map((one) => new URLSearchParams(`x=${one}`).get('x'))).toEqual(['the gateway', secret]);
    expect(form).toEqual({ grant_type: 'client_credentials', scope: 'kafka write', audience: 'kafka' });
  });

  it('can authenticate in the body', async () => {
    answer = issued();
    expect((await request({ clientAuth: 'post' })).lifetimeMs).toBe(60_000);
    expect(asked.at(-1)).toEqual({
      authorization: undefined,
      form: { grant_type: 'client_credentials', client_id: 'the gateway', client_secret: secret },
    });
  });

  it.each([
    [
      'a wrong secret',
      json(401, { error: 'invalid_client', error_description: secret }),
      /invalid_client.*clientSecret/,
    ],
    ['another scope', json(400, { error: 'invalid_scope' }), /refuses the scope \(invalid_scope\).*sasl\.scope/],
    ['another audience', json(400, { error: 'invalid_target' }), /refuses the audience/],
    ['a text instead of a code', json(400, { error: secret }), /gives no token \(status 400\)/],
    ['an error of the server', json(500, { no: 'error' }), /OAUTH_RESPONSE_IS_NOT_CONFORM.*tokenUrl/],
    [
      'HTML',
      (response: ServerResponse) => void response.writeHead(200).end('<p>'),
      /does not answer as a token endpoint/,
    ],
    [
      'a challenge',
      (response: ServerResponse) => void response.writeHead(401, { 'www-authenticate': 'Basic realm=x' }).end(),
      /refuses this client/,
    ],
    [
      'a response without end',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => void (response.destroyed || response.write('x'.repeat(65_536), () => more()));
        more();
      },
      /cannot be asked|does not answer/,
    ],
    [
      'a connection that ends',
      (response: ServerResponse) => void response.destroy(),
      /cannot be reached \(ECONNRESET\)/,
    ],
  ])('says what to do about %s, without the secret', async (_what, answers, expected) => {
    answer = answers;
    const error = await request().catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ name: 'KafkaLoginError', message: expect.stringMatching(expected) });
    expect((error as Error).message).not.toContain('planted');
    expect((error as Error).cause).toBeUndefined();
  });

  it('says that nothing listens there', async () => {
    await expect(request({ tokenUrl: 'http://127.0.0.1:1/token' })).rejects.toThrow(
      /cannot be reached \(ECONNREFUSED\)/,
    );
  });
});
