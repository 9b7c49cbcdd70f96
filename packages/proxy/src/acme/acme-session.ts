import { createPublicKey, createHmac, hash, sign, type KeyObject } from 'node:crypto';
import { sallyportVersion } from '@sallyport/contracts';
import { describeFetchFailure, type OutboundFetch, parseJson } from '@sallyport/kit';
import * as z from 'zod/mini';
import { AcmeFailure, type AcmeProblem } from './acme-failure.ts';

const requestMs = 30_000;
/** How often a request is repeated whose nonce the server no longer accepts (RFC 8555, 6.5). */
const maxNonces = 10;

const directorySchema = z.object({ newNonce: z.string(), newAccount: z.string(), newOrder: z.string() });
const problemSchema = z.object({ type: z.optional(z.string()), detail: z.optional(z.string()) });

export type AcmeSessionDeps = {
  /** The URL of the directory. */
  directory: string;
  accountKey: KeyObject;
  email: string | undefined;
  /** The key of the account at the CA (external account binding). */
  externalAccount: { keyId: string; macKey: Buffer } | undefined;
  fetch: OutboundFetch;
  now: () => number;
  /** Ends every request. */
  signal: AbortSignal;
};

/** What the header of an answer says. */
type About = { location: string | null; retryAfterMs: number | undefined };
type Answer = { status: number; headers: Headers; text: string };

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns the time that a Retry-After header asks for, in milliseconds. It is a number of seconds or a date. */
function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** Returns the public half of the account key as a JWK, with its members in the order of a thumbprint (RFC 7638). */
function publicJwk(key: KeyObject) {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

/** Returns the token of a challenge together with the account that answers it (RFC 8555, 8.1). */
export function keyAuthorizationOf(token: string, accountKey: KeyObject): string {
  return `${token}.${hash('sha256', JSON.stringify(publicJwk(accountKey)), 'base64url')}`;
}

/** Binds the account key to an account at the CA (RFC 8555, 7.3.4). */
function bindExternalAccount(
  { externalAccount, accountKey }: AcmeSessionDeps,
  url: string,
): { externalAccountBinding?: object } {
  if (!externalAccount) return {};
  const { keyId, macKey } = externalAccount;
  const [head, payload] = [encode({ alg: 'HS256', kid: keyId, url }), encode(publicJwk(accountKey))];
  const signature = createHmac('sha256', macKey).update(`${head}.${payload}`).digest('base64url');
  return { externalAccountBinding: { protected: head, payload, signature } };
}

/** Requests to an ACME server that are signed by an account. */
export type AcmeSession = {
  newOrder: string;
  /** Sends an object, or without one asks for the resource. Throws an AcmeFailure for everything but success. */
  post(url: string, payload?: object): Promise<Answer>;
  /** Does the same, and parses the answer. `location` is the URL of what was created. */
  read<T extends z.ZodMiniType<object>>(schema: T, url: string, payload?: object): Promise<z.infer<T> & About>;
};

/** Parses an answer. Throws if it is of another form. */
function parse<T extends z.ZodMiniType>(schema: T, { text }: Answer): z.infer<T> {
  const { data } = schema.safeParse(parseJson(text));
  if (data === undefined) throw new AcmeFailure('its answer is not one of an ACME server');
  return data;
}

/** Creates what sends requests. Each returns its answer, if that is a success, and keeps the nonce that comes with it. */
function createSend({ fetch, now, signal }: AcmeSessionDeps, nonces: string[]) {
  const failureOf = ({ status, headers, text }: Answer): AcmeFailure => {
    const said: AcmeProblem = problemSchema.safeParse(parseJson(text)).data ?? {};
    const retryAfterMs = retryAfterOf(headers, now());
    // A server that is overloaded has refused nothing.
    const problem = status < 500 ? said : undefined;
    return new AcmeFailure(`it answered ${status}`, { problem, retryAfterMs });
  };
  const ask = async (url: string, method: string, body: string | undefined): Promise<Answer> => {
    const headers: Record<string, string> = { 'user-agent': `sallyport/${sallyportVersion}` };
    if (body !== undefined) headers['content-type'] = 'application/jose+json';
    try {
      const response = await fetch(url, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      throw new AcmeFailure(`${new URL(url).host}: ${describeFetchFailure(error, requestMs)}`);
    }
  };
  return async (url: string, method: 'GET' | 'HEAD' | 'POST', body?: string): Promise<Answer> => {
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:')
      throw new AcmeFailure('the ACME server names an address that is not an https URL');
    const answer = await ask(url, method, body);
    const nonce = answer.headers.get('replay-nonce');
    if (nonce !== null) nonces.push(nonce);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw failureOf(answer);
  };
}

/** Opens a session with an ACME server: reads its directory, and finds the account or creates it. */
export async function openAcmeSession(deps: AcmeSessionDeps): Promise<AcmeSession> {
  const { accountKey, email, now } = deps;
  const nonces: string[] = [];
  const send = createSend(deps, nonces);
  const directory = parse(directorySchema, await send(deps.directory, 'GET'));
  const nextNonce = async (): Promise<string> => {
    if (nonces.length === 0) await send(directory.newNonce, 'HEAD');
    const nonce = nonces.pop();
    if (nonce === undefined) throw new AcmeFailure('it gave no nonce');
    return nonce;
  };
  const postAs = async (who: object, url: string, payload?: object): Promise<Answer> => {
    for (let tries = 1; ; tries += 1) {
      const head = encode({ alg: 'ES256', ...who, nonce: await nextNonce(), url });
      const content = payload === undefined ? '' : encode(payload);
      const key = { key: accountKey, dsaEncoding: 'ieee-p1363' } as const;
      const signature = sign('sha256', Buffer.from(`${head}.${content}`), key).toString('base64url');
      try {
        return await send(url, 'POST', JSON.stringify({ protected: head, payload: content, signature }));
      } catch (error) {
        if (!(error instanceof AcmeFailure) || error.problem !== 'badNonce' || tries >= maxNonces) throw error;
      }
    }
  };
  const openAccount = async (): Promise<string> => {
    const url = directory.newAccount;
    const who = { jwk: publicJwk(accountKey) };
    const open = async (payload: object) => (await postAs(who, url, payload)).headers.get('location');
    const known = await open({ onlyReturnExisting: true }).catch((error: unknown) => {
      if (error instanceof AcmeFailure && error.problem === 'accountDoesNotExist') return undefined;
      throw error;
    });
    const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
    const account =
      known ?? (await open({ termsOfServiceAgreed: true, ...contact, ...bindExternalAccount(deps, url) }));
    if (account === null) throw new AcmeFailure('it gave the account no address');
    return account;
  };
  const kid = await openAccount();
  const post: AcmeSession['post'] = (url, payload) => postAs({ kid }, url, payload);
  return {
    newOrder: directory.newOrder,
    post,
    async read(schema, url, payload) {
      const answer = await post(url, payload);
      const location = answer.headers.get('location');
      return { ...parse(schema, answer), location, retryAfterMs: retryAfterOf(answer.headers, now()) };
    },
  };
}
