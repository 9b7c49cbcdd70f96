import type { OwnedStreamRow, StreamQuestion } from '@sallyport/contracts';
import type { OpenStream } from '../exchange/exchange.ts';
import type { StreamRegistry } from './stream-registry.ts';

type Wanted = Pick<StreamQuestion, 'of' | 'where'>;
type Facts = Pick<OwnedStreamRow, 'id' | 'user' | 'cluster' | 'sessionId'>;

const factsOf = ({ id, exchange: { answer, upstream } }: OpenStream): Facts => ({
  id,
  user: answer?.identity?.user ?? '',
  cluster: upstream?.name ?? '',
  sessionId: answer?.session?.id ?? '',
});

/** Reports whether a stream fits the filter of a question, whoever it belongs to. */
export function fits({ id, user, cluster, sessionId }: Facts, { where }: Pick<Wanted, 'where'>): boolean {
  return (
    (where.stream === undefined || where.stream === id) &&
    (where.user === undefined || where.user === user) &&
    (where.cluster === undefined || where.cluster === cluster) &&
    (where.session === undefined || where.session === sessionId)
  );
}

/** Returns the open streams of this gateway that a question is about. */
export function findStreams(registry: Pick<StreamRegistry, 'all' | 'ofUser'>, wanted: Wanted): OpenStream[] {
  return Array.from(wanted.of ? registry.ofUser(wanted.of) : registry.all()).filter((stream) =>
    fits(factsOf(stream), wanted),
  );
}
