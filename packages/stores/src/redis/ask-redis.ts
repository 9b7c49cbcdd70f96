import { ProblemError, withDeadline } from '@sallyport/kit';

const deadlineMs = 800;

/** Drops what ioredis attaches to its errors: the command and its arguments must not reach a log. */
function withoutCommand(error: unknown): Error {
  return error instanceof Error ? new Error(`${error.name}: ${error.message}`) : new Error('unknown failure');
}

/**
 * Runs commands on Redis. Any failure, and any that takes more than 800 ms and the given extra time, becomes
 * `sessions-unavailable`.
 */
export async function askRedis<Answer>(question: () => Promise<Answer>, extraMs = 0): Promise<Answer> {
  const ms = deadlineMs + extraMs;
  try {
    return await withDeadline(question(), ms, () => new Error(`no answer within ${ms} ms`));
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('sessions-unavailable', 'The session store cannot be reached. Try again in a moment.', {
      cause: withoutCommand(error),
    });
  }
}
