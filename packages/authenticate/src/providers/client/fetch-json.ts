import { boundFetch, type OutboundFetch } from '@sallyport/kit';

/** Fetches a JSON document. Does not follow redirects, because the configuration says where it is. */
export async function fetchJson(fetch: OutboundFetch, url: string, who = new URL(url).hostname): Promise<unknown> {
  const response = await boundFetch(fetch)(url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(5000),
  });
  if (response.status !== 200) throw new TypeError(`${who} answered with status ${response.status}`);
  return response.json();
}
