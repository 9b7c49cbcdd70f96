import type { Elevation } from '@sallyport/contracts';
import { isOver } from '@sallyport/elevation';
import { ProblemError } from '@sallyport/kit';

/** Each request is told to people, so withdrawing and asking again must not fill their channels. */
const windowMs = 10 * 60_000;
const maxInWindow = 20;

/**
 * Refuses a request of somebody who has asked for the same elevation many times lately, if those requests are over. Open
 * ones have a limit of their own. Throws `too-many-requests`. `own` are theirs, newest first.
 */
export function refuseFlood(own: readonly Elevation[], { name }: Pick<Elevation, 'name'>, now: number): void {
  const lately = own.filter((one) => one.name === name && isOver(one) && one.createdAt > now - windowMs);
  const last = lately[maxInWindow - 1];
  if (!last) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((last.createdAt + windowMs - now) / 1000));
  const minutes = Math.ceil(retryAfterSeconds / 60);
  throw new ProblemError(
    'too-many-requests',
    `You have asked for ${name} ${maxInWindow} times within ${windowMs / 60_000} minutes, and each request is told to other people. Ask again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
    { retryAfterSeconds },
  );
}
