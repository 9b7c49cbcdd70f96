import { ProblemError, withDeadline } from '@sallyport/kit';

const deadlineMs = 800;

/** What ioredis attaches to its errors (the command with its arguments) must not reach a log. */
function bare(error: unknown): Error {
  return error instanceof Error ? new Error(`${error.name}: ${error.message}`) : new Error('unknown failure');
}

/** Runs a question to Redis; whatever goes wrong, or takes more than 800 ms, is `sessions-unavailable`. */
export async function askRedis<Answer>(question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await withDeadline(question(), deadlineMs, () => new Error(`no answer within ${deadlineMs} ms`));
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('sessions-unavailable', 'The session store cannot be reached; try again in a moment.', {
      cause: bare(error),
    });
  }
}
