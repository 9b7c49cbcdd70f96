import { describeFetchFailure, type OutboundFetch } from '@sallyport/kit';
import { DeliveryError } from './channel.ts';

const postTimeoutMs = 10_000;

type Post = { headers?: Record<string, string>; body: string; signal: AbortSignal; timeoutMs?: number };

/** Reads Retry-After in seconds. A date, which depends on two clocks, is ignored. */
function readRetryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  return /^\d{1,7}$/.test(text) ? Number(text) * 1000 : undefined;
}

/**
 * Posts a JSON text. Only a status of 2xx is a success. A redirect is not followed: it would send the notice, and its
 * signature, to an address that no operator has chosen. Nothing of the answer but its head is read.
 */
export async function postJson(fetch: OutboundFetch, url: string, post: Post): Promise<void> {
  const { headers, body, signal, timeoutMs = postTimeoutMs } = post;
  const deadline = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sallyport', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline]),
    });
  } catch (error) {
    throw new DeliveryError(describeFetchFailure(error, timeoutMs));
  }
  const { status } = response;
  await response.body?.cancel().catch(() => undefined);
  if (status >= 200 && status < 300) return;
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  throw new DeliveryError(`it answered ${status}${redirect}`, readRetryAfter(response.headers));
}
