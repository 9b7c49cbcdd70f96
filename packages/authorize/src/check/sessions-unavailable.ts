import { ProblemError } from '@sallyport/kit';

/** Returns the problem for a session store that does not respond. */
export const sessionsUnavailable = (): ProblemError =>
  new ProblemError(
    'sessions-unavailable',
    'The session store does not respond, so no login can be verified. Try again shortly.',
  );
