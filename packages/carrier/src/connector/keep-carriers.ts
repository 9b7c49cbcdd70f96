import type { OpenCarrier } from './open-carrier.ts';

/** The state of one of the kept carriers. Times are milliseconds since the epoch. */
export type KeptCarrier =
  | { state: 'connected' | 'draining'; since: number; streams: number; roundTripMs: number | undefined }
  | { state: 'connecting'; since: number; /** Of the last attempt. */ error: Error | undefined };

export type KeepCarriersDeps = {
  count: number;
  open(signal: AbortSignal): Promise<OpenCarrier>;
  now(): number;
  random(): number;
  onOpened?(carrier: OpenCarrier): void;
  onClosed?(reason: string): void;
  onFailed?(error: Error, nextMs: number): void;
};

const firstMs = 500;
const longestMs = 30_000;
/** A carrier that lived for so long shows that the gateway is well. */
const provenMs = 30_000;

/** Waits, until the signal says otherwise. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

/**
 * Keeps `count` carriers open, each with a backoff of its own. One that drains is replaced at once and stays until the
 * gateway ends it. `close` ends all after their streams, or after `graceMs`.
 */
export function keepCarriers(deps: KeepCarriersDeps): {
  status(): readonly KeptCarrier[];
  close(graceMs?: number): Promise<void>;
} {
  const { now } = deps;
  const stop = new AbortController();
  const open = new Map<OpenCarrier, { state: 'connected' | 'draining'; since: number }>();
  const connecting = new Map<number, { since: number; error: Error | undefined }>();

  /** Resolves once a carrier no longer counts: it is gone, or the gateway is about to go. */
  const hold = async (carrier: OpenCarrier): Promise<void> => {
    const entry = { state: 'connected' as 'connected' | 'draining', since: now() };
    open.set(carrier, entry);
    deps.onOpened?.(carrier);
    const gone = carrier.closed.then((reason) => {
      open.delete(carrier);
      deps.onClosed?.(reason);
    });
    const draining = carrier.draining.then(() => {
      entry.state = 'draining';
    });
    await Promise.race([gone, draining]);
  };

  const keepOne = async (slot: number): Promise<void> => {
    let failures = 0;
    while (!stop.signal.aborted) {
      const waiting = { since: now(), error: connecting.get(slot)?.error };
      connecting.set(slot, waiting);
      let error: Error | undefined;
      try {
        const carrier = await deps.open(stop.signal);
        connecting.delete(slot);
        const since = now();
        await hold(carrier);
        failures = now() - since >= provenMs ? 0 : failures + 1;
      } catch (cause) {
        error = cause as Error;
        failures += 1;
      }
      if (stop.signal.aborted) return;
      const delay = deps.random() * Math.min(longestMs, firstMs * 2 ** Math.max(0, failures - 1));
      connecting.set(slot, { since: waiting.since, error });
      if (error) deps.onFailed?.(error, delay);
      await pause(delay, stop.signal);
    }
  };

  const loops = Array.from({ length: deps.count }, (_one, slot) => keepOne(slot));
  return {
    status: () => [
      ...[...open].map(([carrier, entry]) => ({
        ...entry,
        streams: carrier.streams(),
        roundTripMs: carrier.roundTripMs(),
      })),
      ...[...connecting.values()].map((one) => ({ state: 'connecting' as const, ...one })),
    ],
    async close(graceMs = 0) {
      stop.abort();
      await Promise.all([...[...open.keys()].map((one) => one.close(graceMs)), ...loops]);
    },
  };
}
