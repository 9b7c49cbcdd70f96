/** An answer that is good as long as its entity tag is. */
export type HeldAnswer = { etag: string; text: string; link: string | null };

const preset = { answers: 5000, characters: 32 * 1024 * 1024 };

/**
 * Keeps answers by their addresses; the ones that were kept the longest ago go first when there are too many, or too
 * much of them.
 */
export function createAnswerCache(most: { answers: number; characters: number } = preset) {
  const cache = new Map<string, HeldAnswer>();
  let characters = 0;
  const drop = (url: string) => {
    characters -= cache.get(url)?.text.length ?? 0;
    cache.delete(url);
  };
  return {
    get: (url: string): HeldAnswer | undefined => cache.get(url),
    set(url: string, answer: HeldAnswer): void {
      drop(url);
      cache.set(url, answer);
      characters += answer.text.length;
      for (const oldest of cache.keys()) {
        if (cache.size <= most.answers && characters <= most.characters) break;
        drop(oldest);
      }
    },
    get size() {
      return cache.size;
    },
  };
}
