import { boundFetch, type OutboundFetch } from '@sallyport/kit';
import { ApiFailure } from './api-failure.ts';
import { createAnswerCache } from './answer-cache.ts';
import { waitBeforeRetry } from './wait-before-retry.ts';

export type ApiAnswer = { body: unknown; link: string | null };

/** Asks one API over and over. */
export type ApiClient = {
  /**
   * What is at an address below the API's own. What has not changed since it was last read is not sent again, where
   * `mayHold` lets the answer be kept. Rejects with an ApiFailure.
   */
  get(url: string, mayCache?: (answer: ApiAnswer) => boolean): Promise<ApiAnswer>;
  post(url: string, body: object): Promise<ApiAnswer>;
};

export type ApiClientDeps = {
  fetch: OutboundFetch;
  /** Where the API is; nothing is asked anywhere else, whatever an answer names as its next page. */
  url: string;
  /** Asked for every request: who asks. */
  headers(): Promise<Record<string, string>>;
  now: () => number;
  sleep(ms: number): Promise<void>;
  /** Whether to stop. */
  closed?: () => boolean;
  /**
   * How often, and for how long at a time, to wait for an API that is away or says that it is asked too much; for
   * somebody who waits, less.
   */
  patience?: { tries: number; maxWaitMs: number };
};

const timeoutMs = 15_000;
const syncPatience = { tries: 5, maxWaitMs: 120_000 };

/**
 * What an answer that refuses says of why; of Google's and GitHub's form. Only words of a list that is looked for are
 * used of it.
 */
async function readText(response: Response): Promise<string> {
  return response.text().catch(() => '');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiFailure('the answer is no JSON');
  }
}

/**
 * Creates the client: every address is checked, answers are bounded, limits are kept, and what has an entity tag is
 * asked for by it.
 */
export function createApiClient(deps: ApiClientDeps): ApiClient {
  const { url: base, now, sleep, patience = syncPatience } = deps;
  const fetch = boundFetch(deps.fetch);
  const cache = createAnswerCache();

  const once = async (
    url: string,
    init: { method: string; body?: string; etag?: string | undefined },
  ): Promise<Response> => {
    const headers = {
      accept: 'application/json',
      ...(await deps.headers()),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.etag === undefined ? {} : { 'if-none-match': init.etag }),
    };
    return fetch(url, {
      method: init.method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(init.body === undefined ? {} : { body: init.body }),
    });
  };
  const ask = async (
    url: string,
    init: { method: string; body?: string; etag?: string | undefined },
  ): Promise<Response> => {
    if (!url.startsWith(`${base}/`) || url.includes('/../') || url.includes('\\'))
      throw new ApiFailure('the answer names a next page that is elsewhere');
    for (let tries = 0; ; tries += 1) {
      const response = await once(url, init).catch((error: unknown) => {
        if (error instanceof ApiFailure) throw error;
        return undefined;
      });
      if (response && (response.ok || response.status === 304)) return response;
      const reason = response?.status === 403 ? await readText(response) : '';
      const wait = waitBeforeRetry(response, { tries, now: now(), reason });
      const failure = new ApiFailure(
        response
          ? `${new URL(url).pathname} answered with status ${response.status}`
          : `${new URL(url).pathname} did not answer`,
        response?.status,
      );
      if (wait === undefined || wait > patience.maxWaitMs || tries + 1 >= patience.tries || deps.closed?.())
        throw failure;
      await sleep(wait);
    }
  };
  return {
    async get(url, mayCache = () => true) {
      const before = cache.get(url);
      const response = await ask(url, { method: 'GET', etag: before?.etag });
      if (response.status === 304) {
        if (!before) throw new ApiFailure('the API says that nothing has changed, which was not asked');
        // What the new head says of the next page counts (RFC 9111 3.2).
        return { body: parse(before.text), link: response.headers.get('link') ?? before.link };
      }
      const [text, link, etag] = [await response.text(), response.headers.get('link'), response.headers.get('etag')];
      const body = parse(text);
      if (etag !== null && etag !== '' && mayCache({ body, link })) cache.set(url, { etag, text, link });
      return { body, link };
    },
    async post(url, body) {
      const response = await ask(url, { method: 'POST', body: JSON.stringify(body) });
      return { body: parse(await response.text()), link: null };
    },
  };
}
