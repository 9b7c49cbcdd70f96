import { ProblemError } from '@sallyport/kit';

/** What is said while the session store does not answer. */
export const sessionsUnavailable = (): ProblemError =>
  new ProblemError(
    'sessions-unavailable',
    'The session store does not answer, so nobody can be recognised. Try again shortly.',
  );
