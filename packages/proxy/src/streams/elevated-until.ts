import type { CheckAnswer } from '@sallyport/contracts';

/** Returns when the first of the elevations ends that an answer rests on, in milliseconds since the epoch. */
export function elevatedUntilOf(answer: CheckAnswer | undefined): number {
  return Math.min(Infinity, ...(answer?.elevations ?? []).map(({ expiresAt }) => expiresAt));
}
