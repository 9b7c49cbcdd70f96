import type { CheckAnswer } from '@sallyport/contracts';

/** kubectl prints every warning, and a client may send many requests a second. */
const everyMs = 60_000;
const maxWarned = 10_000;

/**
 * Creates the function that returns the value of a `Warning` header for a response under break-glass, at most once a
 * minute for each session and elevation. Undefined for every other response. Kubernetes clients show it to the user
 * (KEP-1693).
 */
export function createBreakGlassWarning(deps: {
  now: () => number;
}): (answer: Pick<CheckAnswer, 'session' | 'elevations'> | undefined) => string | undefined {
  /** When each session was warned of each elevation, the longest ago first. */
  const warnedAt = new Map<string, number>();
  return (answer) => {
    const elevation = answer?.elevations?.find(({ breakGlass }) => breakGlass);
    const session = answer?.session?.id;
    if (!elevation || session === undefined) return undefined;
    const now = deps.now();
    const key = `${session} ${elevation.id}`;
    const before = warnedAt.get(key);
    if (before !== undefined && now - before < everyMs) return undefined;
    warnedAt.delete(key);
    if (warnedAt.size >= maxWarned) warnedAt.delete(warnedAt.keys().next().value!);
    warnedAt.set(key, now);
    // The name is from the configuration, whose schema allows no quotes in it.
    const until = new Date(elevation.expiresAt).toISOString();
    return `299 - "break-glass ${elevation.name} is active until ${until}; everything you do is recorded"`;
  };
}
