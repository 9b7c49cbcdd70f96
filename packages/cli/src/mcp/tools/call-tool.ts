import type { Access } from '../access/open-access.ts';
import { limitConcurrency } from '../access/limit-concurrency.ts';
import { readOnlyClient } from '../access/read-only-client.ts';
import { writeAnswer } from './write-answer.ts';
import { writeError } from './write-error.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { readableSpan } from '../../terminal/readable-span.ts';
import type { CallTool } from '../protocol/serve-mcp.ts';
import type { ToolAnswer, Tools } from './tool-answer.ts';

type Deps = { access: Access; tools: Tools; maxBytes: number; timeoutMs: number };

const concurrency = { running: 4, waiting: 32 };

/** Says what to do about a credential that is no longer accepted: log in again, or get another token. */
function withAdvice(error: unknown, { token }: Access): unknown {
  if (!(error instanceof CliError) || error.exit !== 'not-logged-in' || token === undefined) return error;
  return new CliError(
    'not-logged-in',
    `the gateway does not accept the token of ${token.source}: it has expired or was revoked`,
    'Ask your user for a new one: sallyport agent create.',
  );
}

/** Creates the function that calls tools: a few at a time, each with a time limit and an answer of limited length. */
export function createCallTool({ access, tools, maxBytes, timeoutMs }: Deps): CallTool {
  const limited = limitConcurrency(concurrency);
  return async (name, given, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    const gateway = { ...access.gateway, client: readOnlyClient(access.gateway.client, either) };
    try {
      const answer: ToolAnswer = await limited(() => tools[name](given, { gateway, maxBytes }), either);
      const { structured } = answer;
      return { text: writeAnswer(answer, maxBytes), ...(structured ? { structured } : {}), isError: false };
    } catch (error) {
      const late = new CliError(
        'unreachable',
        `there was no answer within ${readableSpan(timeoutMs)}`,
        'Ask for less, or try again.',
      );
      return { text: writeError(timeout.aborted ? late : withAdvice(error, access)), isError: true };
    }
  };
}
