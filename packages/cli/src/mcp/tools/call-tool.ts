import type { Access } from '../access/open-access.ts';
import { limitConcurrency } from '../access/limit-concurrency.ts';
import { readOnlyClient } from '../access/read-only-client.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { readableSpan } from '../../terminal/times.ts';
import type { CallTool } from '../protocol/serve-mcp.ts';
import { createMemory, type ServerOptions, type ToolAnswer } from './tool.ts';
import { tools } from './tools.ts';
import { boundText, markAsData, neutralize, neutralizeLine } from '../text/untrusted-text.ts';
import { ClusterRefusal } from '../cluster/read-cluster.ts';

const maxMessageLength = 2000;

const advice: Readonly<Record<number, string>> = {
  400: 'Check the arguments of the call.',
  403: 'You may not do this. The tool "can_i" says what you may do. Do not try to get around it: tell your user.',
  404: 'Check the name, the namespace and the cluster.',
  410: 'List again, without continue.',
  429: 'Wait a moment before the next call.',
};

/** Writes an error for a model: what is wrong, and what to do about it. What a cluster said is marked as data. */
export function writeError(error: unknown): string {
  if (error instanceof ClusterRefusal) {
    const said = neutralizeLine(error.message, maxMessageLength);
    const next = advice[error.status] ?? 'Try again. If this persists, tell your user.';
    return [
      `The request was refused with status ${error.status}.`,
      ...(said === '' ? [] : [markAsData(said, 'the gateway or the cluster')]),
      next,
    ].join('\n');
  }
  if (!(error instanceof CliError)) return 'An unexpected error. This is a bug in sallyport mcp. Tell your user.';
  return [`Error: ${neutralizeLine(error.message, maxMessageLength)}.`, ...(error.hint ? [error.hint] : [])].join('\n');
}

/**
 * Writes an answer for a model: the words of this program, and what a cluster returned between them, harmless, bounded
 * and marked as data.
 */
export function writeAnswer({ about, data, notes = [] }: ToolAnswer, maxBytes: number): string {
  if (data === undefined) return [about, ...notes].join('\n');
  const bound = boundText(neutralize(data.text), maxBytes, data.keep);
  const missing = data.keep === 'end' ? 'Its beginning' : 'Its end';
  return [
    about,
    markAsData(bound.text, data.source),
    ...(bound.cut ? [`${missing} is missing, because an answer has at most ${maxBytes} bytes. Ask for less.`] : []),
    ...notes,
  ].join('\n');
}

type Deps = { access: Access; options: ServerOptions; timeoutMs: number };

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
export function createCallTool({ access, options, timeoutMs }: Deps): CallTool {
  const limited = limitConcurrency(concurrency);
  const memory = createMemory(access.gateway.environment);
  return async (name, given, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, timeout]);
    const gateway = { ...access.gateway, client: readOnlyClient(access.gateway.client, either) };
    try {
      const answer: ToolAnswer = await limited(() => tools[name](given, { ...options, ...memory, gateway }), either);
      const { structured } = answer;
      return { text: writeAnswer(answer, options.maxBytes), ...(structured ? { structured } : {}), isError: false };
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
