import type { CarrierLimits } from './carrier.ts';

/** Counts the connections whose handshake is not complete, in all and for each client address. */
export class HalfOpen {
  readonly #limits: CarrierLimits;
  readonly #perPeer = new Map<string, number>();
  #all = 0;

  constructor(limits: CarrierLimits) {
    this.#limits = limits;
  }

  hasRoom(peer: string): boolean {
    return this.#all < this.#limits.halfOpen && (this.#perPeer.get(peer) ?? 0) < this.#limits.halfOpenPerPeer;
  }

  enter(peer: string): void {
    this.#all += 1;
    this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1);
  }

  leave(peer: string): void {
    this.#all -= 1;
    const left = this.#perPeer.get(peer)! - 1;
    if (left === 0) this.#perPeer.delete(peer);
    else this.#perPeer.set(peer, left);
  }
}
