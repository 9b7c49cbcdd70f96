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
