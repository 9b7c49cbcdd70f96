import type { Environment } from '../environment/environment.ts';
import { forTerminal } from './for-terminal.ts';

export type Traced = Pick<Environment, 'stderr' | 'verbosity'>;

/** Says on standard error what the program does, with `-v` (level 1) or `-vv` (level 2). The text must have no secret. */
export function trace({ stderr, verbosity = 0 }: Traced, level: 1 | 2, text: string): void {
  if (verbosity >= level) stderr.write(`sallyport: ${forTerminal(text)}\n`);
}

/** Carries out one request, and says what was asked, what came of it and how long it took. */
export async function traceRequest<Answer extends { status: number }>(
  traced: Traced,
  what: string,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const begun = performance.now();
  const took = () => `after ${Math.round(performance.now() - begun)} ms`;
  try {
    const answer = await send();
    trace(traced, 1, `${what}: ${answer.status} ${took()}`);
    return answer;
  } catch (error) {
    trace(traced, 1, `${what}: no answer ${took()}`);
    throw error;
  }
}
