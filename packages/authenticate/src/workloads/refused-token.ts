import { ProblemError } from '@sallyport/kit';

/** Creates the refusal of a token. The reason must say nothing that the sender of the token does not know. */
export function refusedToken(why: string): ProblemError {
  return new ProblemError('unauthenticated', `The gateway does not accept this token: ${why}.`);
}
