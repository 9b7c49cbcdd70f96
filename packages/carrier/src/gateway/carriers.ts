import type { KeyObject } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { keyIdOf } from '../shared/key-id.ts';
import type { Link } from '../shared/link.ts';
import { pinnedTls } from '../shared/pinned-tls.ts';
import { defaultLimits, type Carrier, type CarrierLimits } from './carrier.ts';
import { greet, RefusedError, type RefusalReason } from './greet.ts';
import { HalfOpen } from './half-open.ts';
import { LiveCarrier } from './live-carrier.ts';
import { relieve } from './relieve.ts';
import { WasteMeter } from './waste-meter.ts';

/** A connection that did not become a carrier. */
export type Refusal = {
  reason: RefusalReason;
  detail: string;
  /** The id of the key that the connector has proven to have. */
  keyId: string | undefined;
  peer: string;
};

export type CarriersDeps = {
  /** Returns the private key of the gateway. */
  privateKey(): KeyObject;
  now(): number;
  connectors(): readonly { name: string; keys: readonly KeyObject[] }[];
  limits?: Partial<CarrierLimits>;
  onConnected(carrier: Carrier): void;
  onDisconnected(carrier: Carrier, reason: string): void;
  onRefused(refusal: Refusal): void;
};

/** The carriers of this replica. */
export type Carriers = {
  /** Reports whether one more handshake from this client address may begin. Ask before the 101. */
  hasRoom(peer: string): boolean;
  /** Takes over a socket after the 101 was written. */
  accept(socket: Duplex, head: Buffer, peer: string): void;
  /** Returns the carrier of a connector with the fewest waiting bytes among those that take dials. */
  find(connector: string): Carrier | undefined;
  all(): readonly Carrier[];
  /** Ends the carriers whose key is no longer in `connectors()`. */
  recheck(): void;
  /** Tells the connectors to dial again elsewhere, and takes no new ones. Dials go on. */
  drain(): void;
  close(): void;
};

class LiveCarriers implements Carriers {
  readonly #deps: CarriersDeps;
  readonly #limits: CarrierLimits;
  readonly #halfOpen: HalfOpen;
  readonly #live = new Map<LiveCarrier, { link: Link; meter: WasteMeter }>();
  readonly #closing = new AbortController();
  readonly #ticks: NodeJS.Timeout;
  #isDraining = false;
  #tls: { of: KeyObject; options: object } | undefined;

  constructor(deps: CarriersDeps) {
    this.#deps = deps;
    this.#limits = { ...defaultLimits, ...deps.limits };
    this.#halfOpen = new HalfOpen(this.#limits);
    setMaxListeners(this.#limits.halfOpen, this.#closing.signal);
    this.#ticks = setInterval(() => this.#tick(), this.#limits.tickMs).unref();
  }

  hasRoom(peer: string): boolean {
    return !this.#isDraining && this.#halfOpen.hasRoom(peer);
  }

  accept(socket: Duplex, head: Buffer, peer: string): void {
    if (!this.hasRoom(peer)) return void socket.on('error', () => {}).destroy();
    this.#halfOpen.enter(peer);
    void this.#greet(socket, head, peer).then(
      () => this.#halfOpen.leave(peer),
      ({ reason, message, keyId }: RefusedError) => {
        setTimeout(() => this.#halfOpen.leave(peer), this.#limits.refusedMs).unref();
        this.#deps.onRefused({ reason, detail: message, keyId, peer });
      },
    );
  }

  find(connector: string): Carrier | undefined {
    const waiting = [...this.#live.keys()]
      .filter((one) => one.connector === connector && one.isOpen)
      .map((one) => ({ one, bytes: one.waitingBytes(), streams: one.streams() }));
    waiting.sort((one, other) => one.bytes - other.bytes || one.streams - other.streams);
    return waiting[0]?.one;
  }

  all(): readonly Carrier[] {
    return [...this.#live.keys()];
  }

  recheck(): void {
    const idsOf = (keys: readonly KeyObject[]) => keys.map(keyIdOf);
    const known = new Map(this.#deps.connectors().map(({ name, keys }) => [name, idsOf(keys)]));
    for (const one of this.#live.keys())
      if (!known.get(one.connector)?.includes(one.keyId)) one.end('its key was removed from the configuration');
  }

  drain(): void {
    this.#isDraining = true;
    for (const one of this.#live.keys()) one.drain();
  }

  close(): void {
    this.#isDraining = true;
    clearInterval(this.#ticks);
    this.#closing.abort();
    for (const one of this.#live.keys()) one.end('the gateway is shutting down');
  }

  async #greet(socket: Duplex, head: Buffer, peer: string): Promise<void> {
    const greeted = await greet({
      socket,
      head,
      tls: this.#tlsOptions(),
      handshakeMs: this.#limits.handshakeMs,
      signal: this.#closing.signal,
      nameOf: (key) => this.#nameOf(key),
    });
    const { link } = greeted;
    const carrier = new LiveCarrier({ ...greeted, peer, limits: this.#limits, now: this.#deps.now });
    const meter = new WasteMeter(
      () => link.carried(),
      () => performance.now(),
    );
    this.#live.set(carrier, { link, meter });
    link.onReceived = (count) => {
      carrier.seen();
      if (meter.add(count)) this.#examine(carrier.connector);
    };
    void link.closed.then((reason) => {
      this.#live.delete(carrier);
      this.#deps.onDisconnected(carrier, reason);
    });
    this.#deps.onConnected(carrier);
    link.ping();
    if (this.#isDraining) carrier.drain();
  }

  #tlsOptions(): object {
    const key = this.#deps.privateKey();
    if (this.#tls?.of !== key) this.#tls = { of: key, options: pinnedTls(key) };
    return this.#tls.options;
  }

  #nameOf(key: KeyObject): string {
    const found = this.#deps.connectors().find(({ keys }) => keys.some((one) => one.equals(key)));
    if (!found) throw new RefusedError('not-known', 'no connector has this key');
    if (this.#of(found.name).length >= this.#limits.carriersPerConnector)
      throw new RefusedError('too-many', `connector ${found.name} has as many connections as it may`);
    return found.name;
  }

  #of(connector: string): LiveCarrier[] {
    return [...this.#live.keys()].filter((one) => one.connector === connector);
  }

  #tick(): void {
    for (const { link } of this.#live.values()) link.tick();
    for (const connector of new Set([...this.#live.keys()].map((one) => one.connector))) this.#examine(connector);
  }

  /** Looks at what the carriers of a connector have sent, and at what waits for readers. */
  #examine(connector: string): void {
    const carriers = this.#of(connector);
    for (const one of carriers) if (this.#live.get(one)!.meter.isFlood()) one.end('it sends much that carries nothing');
    relieve(carriers, this.#limits.waitingBytes);
  }
}

/** Creates the registry of the carriers of this replica. */
export function createCarriers(deps: CarriersDeps): Carriers {
  return new LiveCarriers(deps);
}
