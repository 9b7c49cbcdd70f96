import type { StreamEnder, StreamQuestion } from '@sallyport/contracts';
import { clientText } from '../audit/client-text.ts';
import type { OpenStream } from '../exchange/exchange.ts';
import type { StreamEnd } from '../exchange/stream-end.ts';
import { findStreams } from './find-streams.ts';
import { ownerKey } from './owner-key.ts';
import type { StreamRegistry } from './stream-registry.ts';

/** Returns the end of a stream by its owner, or by another user, who is named. */
function endBy(ender: StreamEnder, { exchange: { answer } }: OpenStream): StreamEnd {
  const own = ownerKey(answer?.identity) === ownerKey(ender);
  return {
    reason: 'ended-by-user',
    code: 'forbidden',
    detail: own ? 'You ended this stream.' : `${clientText(ender.user)} ended this stream.`,
  };
}

/** Ends the open stream that a question with `endedBy` is about. Does nothing for any other question. */
export function endAskedStream(
  registry: Pick<StreamRegistry, 'all' | 'ofUser' | 'cut'>,
  { of, where, endedBy }: Pick<StreamQuestion, 'of' | 'where' | 'endedBy'>,
): void {
  // A question without an ID would be about every stream.
  if (endedBy === undefined || where.stream === undefined) return;
  for (const stream of findStreams(registry, { of, where })) registry.cut(stream, endBy(endedBy, stream));
}
