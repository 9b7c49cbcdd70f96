import { editDistance } from './edit-distance.ts';

const shortestBeginning = 3;

/** Returns the one word that was probably meant: it differs by a slip or two, or begins with what was typed. */
export function findSimilar(typed: string, words: readonly string[]): string | undefined {
  const slips = typed.length <= 4 ? 1 : 2;
  const near = words
    .map((word) => ({ word, distance: editDistance(typed.toLowerCase(), word) }))
    .filter(({ distance }) => distance <= slips)
    .toSorted((a, b) => a.distance - b.distance);
  // Two words that are equally near are a guess, which helps no one.
  if (near.length > 0) return near[1]?.distance === near[0]!.distance ? undefined : near[0]!.word;
  const begun = typed.length < shortestBeginning ? [] : words.filter((word) => word.startsWith(typed));
  return begun.length === 1 ? begun[0] : undefined;
}
