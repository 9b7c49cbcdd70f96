import { ApiFailure, createRequester, type RequesterDeps } from './create-requester.ts';

/** An answer that is valid as long as its entity tag is. */
type CachedAnswer = { etag: string; text: string; link: string | null };

const defaultLimits = { answers: 5000, characters: 32 * 1024 * 1024 };

/**
 * Creates a cache of answers by address. When there are too many answers, or too many characters, the oldest are
 * dropped.
 */
export function createAnswerCache(limits: { answers: number; characters: number } = defaultLimits) {
  const cache = new Map<string, CachedAnswer>();
  let characters = 0;
  const drop = (url: string) => {
    characters -= cache.get(url)?.text.length ?? 0;
    cache.delete(url);
  };
  return {
    get: (url: string): CachedAnswer | undefined => cache.get(url),
    set(url: string, answer: CachedAnswer): void {
      drop(url);
      cache.set(url, answer);
      characters += answer.text.length;
      for (const oldest of cache.keys()) {
        if (cache.size <= limits.answers && characters <= limits.characters) break;
        drop(oldest);
      }
    },
    get size() {
      return cache.size;
    },
  };
}

type ApiAnswer = { body: unknown; link: string | null };

/** A client of one API. */
export type ApiClient = {
  /**
   * Gets an address below the base address. An answer that `mayCache` accepts is cached by its entity tag. Rejects with
   * an ApiFailure.
   */
  get(url: string, mayCache?: (answer: ApiAnswer) => boolean): Promise<ApiAnswer>;
  post(url: string, body: object): Promise<ApiAnswer>;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiFailure('the answer is not JSON');
  }
}

/** Creates the client. */
export function createApiClient(deps: RequesterDeps): ApiClient {
  const send = createRequester(deps);
  const cache = createAnswerCache();
  return {
    async get(url, mayCache = () => true) {
      const before = cache.get(url);
      const response = await send(url, { method: 'GET', etag: before?.etag });
      if (response.status === 304) {
        if (!before) throw new ApiFailure('the answer is 304 Not Modified, but the request had no entity tag');
        // The link to the next page may have changed without the body (RFC 9111 3.2).
        return { body: parse(before.text), link: response.headers.get('link') ?? before.link };
      }
      const text = await response.text();
      const link = response.headers.get('link');
      const etag = response.headers.get('etag');
      const body = parse(text);
      if (etag !== null && etag !== '' && mayCache({ body, link })) cache.set(url, { etag, text, link });
      return { body, link };
    },
    async post(url, body) {
      const response = await send(url, { method: 'POST', body: JSON.stringify(body) });
      return { body: parse(await response.text()), link: null };
    },
  };
}
