import { ProblemError, withDeadline } from '@sallyport/kit';

/** How long Redis may take, in milliseconds, before a request is refused because of it. */
export type RedisDeadlines = {
  /** For one command. */
  commandMs: number;
  /** For all commands of a question. */
  questionMs: number;
};

/**
 * Runs commands on Redis. Any failure, and any that takes more than the deadline of questions and the given extra time,
 * becomes `sessions-unavailable`.
 */
export type AskRedis = <Answer>(question: () => Promise<Answer>, extraMs?: number) => Promise<Answer>;

/** Drops what ioredis attaches to its errors: the command and its arguments must not reach a log. */
function withoutCommand(error: unknown): Error {
  return error instanceof Error ? new Error(`${error.name}: ${error.message}`) : new Error('unknown failure');
}

/** Creates the function by which the stores of a connection ask Redis. While there is a problem, it asks nothing. */
export function createAskRedis({ questionMs }: RedisDeadlines, problem: () => ProblemError | undefined): AskRedis {
  return async (question, extraMs = 0) => {
    const found = problem();
    if (found) throw found;
    const ms = questionMs + extraMs;
    try {
      return await withDeadline(question(), ms, () => new Error(`no answer within ${ms} ms`));
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw new ProblemError('sessions-unavailable', 'The session store cannot be reached. Try again in a moment.', {
        cause: withoutCommand(error),
      });
    }
  };
}
