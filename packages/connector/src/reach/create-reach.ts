import type { LookupAddress } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { CarrierError, targetText, type Target } from '@sallyport/carrier';
import { withDeadline } from '@sallyport/kit';
import { canonicalTarget } from './address.ts';
import { mayNameLeadTo } from './address-rules.ts';

const timeoutMs = 10_000;
const keepAliveMs = 30_000;
/** How long one of several addresses has before the next is tried too. */
const attemptMs = 2500;

const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name cannot be resolved right now',
  ETIMEDOUT: 'no answer',
};

type Deps = {
  /** The targets that the configuration lists. */
  list: readonly Target[];
  /** Resolves a name to all of its addresses. */
  lookup(name: string): Promise<LookupAddress[]>;
};

const failed = (target: Target, why: string, cause?: unknown) =>
  new CarrierError('dial-failed', `${targetText(target)}: ${why}`, { cause });

/** Connects to addresses that were checked. Nothing is resolved any more. */
function connectTo(target: Target, addresses: LookupAddress[], signal: AbortSignal): Promise<Socket> {
  const [{ address, family }] = addresses as [LookupAddress];
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: attemptMs,
      // Called for a name alone.
      lookup: (_name, { all }, found) => (all ? found(null, addresses) : found(null, address, family)),
    });
    const end = () => void socket.destroy(failed(target, reasons['ETIMEDOUT']!));
    signal.addEventListener('abort', end, { once: true });
    // It stays: without a listener, a later error would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code = '' } = error;
      reject(
        error instanceof CarrierError ? error : failed(target, reasons[code] ?? `cannot connect (${code})`, error),
      );
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', end);
      resolve(socket);
    });
  });
}

/** Creates what may be reached: exactly the targets of the list, each as one host and one port. */
export function createReach({ list, lookup }: Deps) {
  const listed = new Set(list.map(targetText));

  /**
   * Resolves a name, once. Refuses it if any of its addresses is one that a name may not lead to, unless the list has that
   * address itself.
   */
  async function resolve(target: Target): Promise<LookupAddress[]> {
    const family = isIP(target.host);
    if (family !== 0) return [{ address: target.host, family }];
    const addresses = await lookup(target.host).catch((error: NodeJS.ErrnoException) => {
      throw failed(target, reasons[error.code ?? ''] ?? 'the name cannot be resolved', error);
    });
    if (addresses.length === 0) throw failed(target, reasons['ENOTFOUND']!);
    const wrong = addresses.find(
      ({ address }) =>
        !mayNameLeadTo(address) && !listed.has(targetText(canonicalTarget({ host: address, port: target.port }))),
    );
    if (wrong)
      throw new CarrierError('not-allowed', `${targetText(target)} resolves to an address of this machine or its link`);
    return addresses;
  }

  return {
    /**
     * Connects to a target, unless the gateway gives it up before. Rejects with a CarrierError whose message the gateway may
     * show.
     */
    async dial(asked: Target, gone: AbortSignal): Promise<Socket> {
      const target = canonicalTarget(asked);
      if (!listed.has(targetText(target)))
        throw new CarrierError('not-allowed', `${targetText(target)} is not on the list of this connector`);
      const stop = new AbortController();
      const end = () => stop.abort();
      const timer = setTimeout(end, timeoutMs);
      gone.addEventListener('abort', end);
      try {
        const late = () => failed(target, 'the name was not resolved in time');
        const addresses = await withDeadline(resolve(target), timeoutMs, late);
        if (gone.aborted) throw failed(target, 'the gateway gave it up');
        return await connectTo(target, addresses, stop.signal);
      } finally {
        clearTimeout(timer);
        gone.removeEventListener('abort', end);
      }
    },
  };
}
