import { sessionChangeSchema, type SessionChange } from '@sallyport/contracts';
import { createListeners, parseJson } from '@sallyport/kit';
import type { RedisConnection } from '../redis/connect-redis.ts';

/** Passes on what Redis publishes. Subscribes when the first listener is added. */
export function createChangeFeed(redis: RedisConnection, channel: string) {
  const changes = createListeners<SessionChange>();
  const gaps = createListeners<void>();
  let stop: (() => void) | undefined;
  const start = () => {
    stop ??= redis.subscribe(channel, {
      // A message that cannot be read may be any change, so it counts as a gap.
      message: (text) => {
        const change = sessionChangeSchema.safeParse(parseJson(text)).data;
        if (change) changes.tell(change);
        else gaps.tell();
      },
      established: () => gaps.tell(),
    });
  };
  return {
    onChange: (listener: (change: SessionChange) => void) => (start(), changes.add(listener)),
    onGap: (listener: () => void) => (start(), gaps.add(listener)),
    stop: () => stop?.(),
  };
}
