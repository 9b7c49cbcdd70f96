import { addressBlock } from '@sallyport/audit-log';
import { type Metrics } from '@sallyport/kit';
import { Counter } from 'prom-client';
import type { LoginEvents, LoginFlood } from './login-events.ts';

/** How a login is started: by a browser for one of the goals, or by a program that requests a page or a device code. */
const loginMethods = ['browser', 'cli', 'device', 'pomerium', 'page-for-program', 'code-for-device'] as const;
type LoginMethod = (typeof loginMethods)[number];
/** What one address or session may only do so often. */
const loginLimits = ['pasted-codes', 'device-logins', 'device-codes'] as const;

/** Counts the logins that are started or rate limited, and reports a flood of them as one event. */
export type LoginMonitor = {
  started(method: LoginMethod, address: string | undefined): void;
  limited(limit: (typeof loginLimits)[number], address: string | undefined): void;
  ended(outcome: 'proven' | 'failed'): void;
  /** Reports what has not been reported yet. */
  close(): void;
};

type LoginMonitorDeps = {
  events: Pick<LoginEvents, 'flood'>;
  now: () => number;
  metrics?: Metrics;
  /** Schedules work. The default is a timer that does not keep the process alive. */
  later?: (work: () => void, ms: number) => void;
};

const windowMs = 10_000;
/** This many logins started in a window are a flood. A large office in the morning starts fewer. */
const floodThreshold = 300;
const maxAddresses = 1000;

type Count = { count: number; firstAt: number; lastAt: number; last: string | undefined; addresses: Set<string> };

function add(before: Count | undefined, address: string | undefined, at: number): Count {
  const count = before ?? { count: 0, firstAt: at, lastAt: at, last: undefined, addresses: new Set<string>() };
  Object.assign(count, { count: count.count + 1, lastAt: at, last: address });
  if (count.addresses.size < maxAddresses) count.addresses.add(address === undefined ? '' : addressBlock(address));
  return count;
}

function summarize(cause: LoginFlood['cause'], { count, firstAt, lastAt, last, addresses }: Count): LoginFlood {
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
  const counters = {
    started: new Counter({
      name: 'sallyport_logins_begun_total',
      help: 'Logins started, by method.',
      labelNames: ['way'],
      registers,
    }),
    limited: new Counter({
      name: 'sallyport_logins_limited_total',
      help: 'Requests refused because too many of the same kind came from one address or session.',
      labelNames: ['limit'],
      registers,
    }),
    ended: new Counter({
      name: 'sallyport_logins_ended_total',
      help: 'Logins for which a browser returned from an identity provider, by outcome: proven or failed.',
      labelNames: ['outcome'],
      registers,
    }),
  };
  for (const way of loginMethods) counters.started.inc({ way }, 0);
  for (const limit of loginLimits) counters.limited.inc({ limit }, 0);
  for (const outcome of ['proven', 'failed']) counters.ended.inc({ outcome }, 0);
  return counters;
}

/** Creates the monitor of one replica. The report of a flood is bounded, however large the flood is. */
export function createLoginMonitor({
  events,
  now,
  metrics,
  later = (work, ms) => void setTimeout(work, ms).unref(),
}: LoginMonitorDeps): LoginMonitor {
  const counters = createCounters(metrics);
  let started: Count | undefined;
  let limited: Count | undefined;
  let waiting = false;
  const close = () => {
    waiting = false;
    if (started && started.count >= floodThreshold) events.flood(summarize('logins-begun', started));
    if (limited) events.flood(summarize('logins-refused', limited));
    started = undefined;
    limited = undefined;
  };
  const openWindow = () => {
    if (waiting) return;
    waiting = true;
    later(close, windowMs);
  };
  return {
    started(method, address) {
      counters.started.inc({ way: method });
      started = add(started, address, now());
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
