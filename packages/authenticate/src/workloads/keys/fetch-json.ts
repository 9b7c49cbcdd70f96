import { boundFetch, type OutboundFetch } from '@sallyport/kit';

const timeoutMs = 5000;

/** Fetches a JSON document. Does not follow redirects, because the configuration says where the issuer is. */
export async function fetchJson(fetch: OutboundFetch, url: string): Promise<unknown> {
  const response = await boundFetch(fetch)(url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new TypeError(`${new URL(url).hostname} answered with status ${response.status}`);
  return response.json();
}
