import type { Redis } from 'ioredis';
import { isConnectedTo } from './connected-to.ts';
import { retryDelay } from './redis-options.ts';

export type Subscription = {
  message(text: string): void;
  /** The subscription is active. Earlier messages may have been missed. */
  established(): void;
};

const heartbeatMs = 2000;

/**
 * Keeps one connection subscribed to `channel`. Opens a new one, to the next node if there are several, whenever the
 * last one ends or no longer answers a ping.
 */
export function subscribeRedis(connect: (attempt: number) => Redis, channel: string, on: Subscription) {
  let stopped = false;
  let failures = 0;
  let attempt = 0;
  let client: Redis;
  let timer: NodeJS.Timeout | undefined;

  const open = () => {
    const current = connect(attempt++);
    client = current;
    let heartbeat: NodeJS.Timeout | undefined;
    const giveUp = () => current.disconnect();
    // An error ends the connection, and `end` opens the next one.
    current.on('error', () => {});
    current.on('message', (_channel: string, text: string) => on.message(text));
    current.on('ready', () => {
      current.subscribe(channel).then(() => {
        if (stopped) return;
        failures = 0;
        heartbeat = setInterval(() => void current.ping().catch(giveUp), heartbeatMs);
        heartbeat.unref();
        on.established();
      }, giveUp);
    });
    current.on('end', () => {
      clearInterval(heartbeat);
      if (stopped) return;
      timer = setTimeout(open, retryDelay(++failures));
      timer.unref();
    });
  };

  open();
  return {
    /** Opens a new connection, unless the server at `address` is the one that it is connected to. */
    leave(address: string): void {
      if (!isConnectedTo(client, address)) client.disconnect();
    },
    stop(): void {
      stopped = true;
      clearTimeout(timer);
      client.disconnect();
    },
  };
}
