import { addressBlock } from '@sallyport/audit-log';
import { type Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';
import type { LoginEvents, LoginFlood } from './login-events.ts';

/** How a login is begun: by a browser for one of these ends, or by a program that asks for a page or a code. */
export type LoginWay = 'browser' | 'cli' | 'device' | 'pomerium' | 'page-for-program' | 'code-for-device';

/**
 * Counts logins that are begun, and those that one address may begin no more of; tells of a flood of them in one event.
 */
export type LoginWatch = {
  begun(way: LoginWay, address: string | undefined): void;
  limited(limit: 'pasted-codes' | 'device-logins' | 'device-codes', address: string | undefined): void;
  ended(outcome: 'proven' | 'failed'): void;
  /** Tells of what has not been told yet. */
  close(): void;
};

export type LoginWatchDeps = {
  events: Pick<LoginEvents, 'flood'>;
  now: () => number;
  metrics?: Metrics;
  /** Runs something later; by a timer that keeps no process alive unless given. */
  later?: (work: () => void, ms: number) => void;
};

const windowMs = 10_000;
/** So many logins begun in that time are a flood. A large office in the morning begins fewer. */
const floodFrom = 300;
const mostAddresses = 1000;

type Count = { count: number; firstAt: number; lastAt: number; last: string | undefined; addresses: Set<string> };

function add(before: Count | undefined, address: string | undefined, at: number): Count {
  const count = before ?? { count: 0, firstAt: at, lastAt: at, last: undefined, addresses: new Set<string>() };
  Object.assign(count, { count: count.count + 1, lastAt: at, last: address });
  if (count.addresses.size < mostAddresses) count.addresses.add(address === undefined ? '' : addressBlock(address));
  return count;
}

function tell(cause: LoginFlood['cause'], { count, firstAt, lastAt, last, addresses }: Count): LoginFlood {
  const [only] = addresses;
  return {
    cause,
    count,
    firstAt,
    lastAt,
    ...(addresses.size > 1
      ? { addresses: addresses.size }
      : { ...(only ? { address: only } : {}), ...(last === undefined ? {} : { clientAddress: last }) }),
  };
}

function createCounters(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  return {
    begun: new Counter({
      name: 'sallyport_logins_begun_total',
      help: 'Logins begun, by anybody, by how.',
      labelNames: ['way'],
      registers,
    }),
    limited: new Counter({
      name: 'sallyport_logins_limited_total',
      help: 'Requests that were refused because too many of their kind came from one address or session.',
      labelNames: ['limit'],
      registers,
    }),
    ended: new Counter({
      name: 'sallyport_logins_ended_total',
      help: 'Logins with which a browser came back from an identity provider: proven, or failed.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}

/** Creates the watch of one replica. What a flood says of itself is bounded, however large it is. */
export function createLoginWatch({
  events,
  now,
  metrics,
  later = (work, ms) => void setTimeout(work, ms).unref(),
}: LoginWatchDeps): LoginWatch {
  const counters = createCounters(metrics);
  let begun: Count | undefined;
  let limited: Count | undefined;
  let waiting = false;
  const close = () => {
    waiting = false;
    if (begun && begun.count >= floodFrom) events.flood(tell('logins-begun', begun));
    if (limited) events.flood(tell('logins-refused', limited));
    begun = undefined;
    limited = undefined;
  };
  const openWindow = () => {
    if (waiting) return;
    waiting = true;
    later(close, windowMs);
  };
  return {
    begun(way, address) {
      counters.begun.inc({ way });
      begun = add(begun, address, now());
      openWindow();
    },
    limited(limit, address) {
      counters.limited.inc({ limit });
      limited = add(limited, address, now());
      openWindow();
    },
    ended: (outcome) => counters.ended.inc({ outcome }),
    close,
  };
}
