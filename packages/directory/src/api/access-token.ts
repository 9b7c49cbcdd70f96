import { z } from 'zod';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';
import { ApiFailure } from './create-requester.ts';

const timeoutMs = 10_000;
/** A token that expires within this time is not used again. */
const marginMs = 60_000;
const answerSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().default(3600),
});

/**
 * Returns a function that gets an access token from a token endpoint (RFC 6749) and caches it until shortly before it
 * expires. `form` builds the form of each request. Rejects with an ApiFailure.
 */
export function createAccessToken(deps: {
  fetch: OutboundFetch;
  url: string;
  form(): Promise<Record<string, string>>;
  now: () => number;
}): () => Promise<string> {
  const fetch = boundFetch(deps.fetch);
  let cached: { token: string; until: number } | undefined;
  let flight: Promise<string> | undefined;
  const request = async () => {
    const body = new URLSearchParams(await deps.form());
    const response = await fetch(deps.url, {
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {
      throw new ApiFailure('the token endpoint did not answer');
    });
    if (!response.ok)
      throw new ApiFailure(`the token endpoint answered with status ${response.status}`, response.status);
    const parsed = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw new ApiFailure('the token endpoint gave an unexpected answer');
    cached = { token: parsed.data.access_token, until: deps.now() + parsed.data.expires_in * 1000 - marginMs };
    return cached.token;
  };
  return async () => {
    if (cached && deps.now() < cached.until) return cached.token;
    flight ??= request().finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
