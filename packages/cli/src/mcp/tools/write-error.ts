import { ClusterRefusal } from '../cluster/cluster-refusal.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { markAsData } from '../text/mark-as-data.ts';
import { neutralizeLine } from '../text/neutralize.ts';

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
