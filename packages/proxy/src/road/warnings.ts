import type { CheckAnswer } from '@sallyport/contracts';

/** kubectl prints every warning, and a client may send many requests a second. */
const everyMs = { breakGlass: 60_000, approvals: 600_000 };
const maxWarned = 10_000;

/** Creates the function that tells whether to warn now: at most once in some time for each key. */
function createRarely(now: () => number) {
  /** When a warning was last given, the longest ago first. */
  const warnedAt = new Map<string, number>();
  return (key: string, ms: number): boolean => {
    const at = now();
    const before = warnedAt.get(key);
    if (before !== undefined && at - before < ms) return false;
    warnedAt.delete(key);
    if (warnedAt.size >= maxWarned) warnedAt.delete(warnedAt.keys().next().value!);
    warnedAt.set(key, at);
    return true;
  };
}

/**
 * Creates the function that returns the value of a `Warning` header for a response, which Kubernetes clients show to the
 * user (KEP-1693): under break-glass, once a minute for each session and elevation; while elevations of others wait for
 * the user's approval, once in ten minutes for each session. Undefined for every other response.
 */
export function createWarnings(deps: {
  now: () => number;
}): (answer: Pick<CheckAnswer, 'session' | 'elevations' | 'approvalsWaiting'> | undefined) => string | undefined {
  const rarely = createRarely(deps.now);
  return (answer) => {
    const session = answer?.session?.id;
    if (session === undefined) return undefined;
    const { elevations, approvalsWaiting } = answer!;
    const elevation = elevations?.find(({ breakGlass }) => breakGlass);
    if (elevation && rarely(`${session} ${elevation.id}`, everyMs.breakGlass)) {
      // The name is from the configuration, whose schema allows no quotes in it.
      const until = new Date(elevation.expiresAt).toISOString();
      return `299 - "break-glass ${elevation.name} is active until ${until}; everything you do is recorded"`;
    }
    if (approvalsWaiting !== undefined && rarely(session, everyMs.approvals)) {
      const wait = approvalsWaiting === 1 ? '1 elevation waits' : `${approvalsWaiting} elevations wait`;
      return `299 - "${wait} for your approval; to see it, run: sallyport elevations list"`;
    }
    return undefined;
  };
}
