import { setTimeout as pause } from 'node:timers/promises';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { AcmeFailure } from './acme-failure.ts';
import { keyAuthorizationOf, openAcmeSession, type AcmeSession, type AcmeSessionDeps } from './acme-session.ts';
import { createCertificateRequest } from './x509.ts';

const problemSchema = z.optional(z.object({ type: z.optional(z.string()), detail: z.optional(z.string()) }));
const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(z.string()),
  finalize: z.string(),
  certificate: z.optional(z.string()),
  error: problemSchema,
});
const authorizationSchema = z.object({
  status: z.string(),
  identifier: z.object({ value: z.string() }),
  challenges: z.array(
    z.object({
      type: z.string(),
      url: z.string(),
      // It becomes a part of a path. RFC 8555, 8.1: base64url, and of 128 bits or more.
      token: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{22,256}$/))),
      error: problemSchema,
    }),
  ),
});

/** Answers one challenge until the returned function is called. */
export type PresentChallenge = (challenge: { host: string; token: string; keyAuthorization: string }) => () => void;

type Request = {
  domains: readonly string[];
  /** The private key of the certificate. */
  key: KeyObject;
  challenge: 'tls-alpn-01' | 'http-01';
  present: PresentChallenge;
};

/** How often the server is asked whether it is done, in milliseconds, unless it says when to ask. */
const pollMs = 2000;
const maxPollMs = 30_000;

/** Asks for a resource until it has left these states. */
async function until<T extends z.ZodMiniType<{ status: string }>>(
  { session, signal }: { session: AcmeSession; signal: AbortSignal },
  schema: T,
  url: string,
  passing: readonly string[],
): Promise<z.infer<T>> {
  for (;;) {
    const found = await session.read(schema, url);
    if (!passing.includes((found as { status: string }).status)) return found;
    await pause(Math.min(maxPollMs, Math.max(1000, found.retryAfterMs ?? pollMs)), undefined, { signal, ref: false });
  }
}

type Run = Request & { session: AcmeSession; signal: AbortSignal; accountKey: KeyObject };

/** Proves that one name leads here, unless the server knows it already. */
async function authorize(run: Run, url: string): Promise<void> {
  const { session, challenge: type, accountKey } = run;
  const { status, identifier, challenges } = await session.read(authorizationSchema, url);
  if (status === 'valid') return;
  const host = identifier.value;
  const { token, url: challengeUrl } = challenges.find((one) => one.type === type) ?? {};
  if (token === undefined || challengeUrl === undefined || !run.domains.includes(host))
    throw new AcmeFailure(`it offers no challenge ${type} for ${host}`, { domain: host, problem: {} });
  const withdraw = run.present({ host, token, keyAuthorization: keyAuthorizationOf(token, accountKey) });
  try {
    await session.post(challengeUrl, {});
    const ended = await until(run, authorizationSchema, url, ['pending']);
    if (ended.status === 'valid') return;
    const problem = ended.challenges.find((one) => one.type === type)?.error ?? {};
    throw new AcmeFailure(`it did not accept ${host}`, { domain: host, problem });
  } finally {
    withdraw();
  }
}

/**
 * Requests a certificate (RFC 8555, 7.4) and returns it with its chain, PEM. Throws an AcmeFailure if the server refuses or
 * cannot be reached.
 */
export async function requestCertificate(deps: AcmeSessionDeps, request: Request): Promise<string> {
  const session = await openAcmeSession(deps);
  const { domains, key } = request;
  const identifiers = domains.map((value) => ({ type: 'dns', value }));
  const order = await session.read(orderSchema, session.newOrder, { identifiers });
  const { location } = order;
  if (location === null) throw new AcmeFailure('it gave the order no address');
  const run: Run = { ...request, session, signal: deps.signal, accountKey: deps.accountKey };
  // One after the other: what fails names the one name that it is about.
  for (const url of order.authorizations) await authorize(run, url);
  const ready = await until(run, orderSchema, location, ['pending']);
  if (ready.status === 'ready')
    await session.post(order.finalize, { csr: createCertificateRequest(domains, key).toString('base64url') });
  const { status, certificate, error } = await until(run, orderSchema, location, ['ready', 'processing']);
  if (status !== 'valid' || certificate === undefined)
    throw new AcmeFailure(`the order ended as ${status}`, { problem: error ?? {} });
  return (await session.post(certificate)).text;
}
