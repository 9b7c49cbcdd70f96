const burst = 8 * 1024 * 1024;
const perSecond = 256 * 1024;

/**
 * Measures what a connector sends beyond the bytes of streams: resets, settings, pings, headers, empty frames. Node.js
 * bounds the memory that they take, but each costs time that belongs to others.
 */
export class WasteMeter {
  readonly #carried: () => number;
  readonly #clock: () => number;
  #received = 0;
  #last = { received: 0, carried: 0, at: 0 };
  #waste = 0;

  constructor(carried: () => number, clock: () => number) {
    this.#carried = carried;
    this.#clock = clock;
    this.#last.at = clock();
  }

  /** Adds received bytes. Returns true when it is time to call `isFlood`. */
  add(bytes: number): boolean {
    this.#received += bytes;
    return this.#received - this.#last.received > burst / 2;
  }

  /** Reports whether there is more than small frames and the layers below can explain. */
  isFlood(): boolean {
    const now = { received: this.#received, carried: this.#carried(), at: this.#clock() };
    const last = this.#last;
    this.#last = now;
    const explained = (now.carried - last.carried) * 1.25 + ((now.at - last.at) / 1000) * perSecond;
    this.#waste = Math.max(0, this.#waste + now.received - last.received - explained);
    return this.#waste > burst;
  }
}
