import { sessionChangeSchema, type SessionChange } from '@sallyport/contracts';
import type { RedisConnection } from './connect-redis.ts';
import { createListeners } from './create-listeners.ts';

function parseChange(text: string): SessionChange | undefined {
  try {
    return sessionChangeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Tells listeners what Redis publishes; connects when the first one comes. */
export function createChangeFeed(redis: RedisConnection, channel: string) {
  const changes = createListeners<SessionChange>();
  const gaps = createListeners<void>();
  let stop: (() => void) | undefined;
  const start = () => {
    stop ??= redis.subscribe(channel, {
      // A message that cannot be read is a change we do not know of.
      message: (text) => {
        const change = parseChange(text);
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
