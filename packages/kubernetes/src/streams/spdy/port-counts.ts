import type { ForwardedPort } from '../observer/stream-observer.ts';

/** How many ports are counted separately. Further ones are counted as port 0. */
export const maxPorts = 1024;

/** Counts the traffic of each port of a pod. */
export class PortCounts {
  readonly #ports = new Map<number, ForwardedPort>();

  /** Returns the counter of a port, which is created on first use. */
  of(port: number): ForwardedPort {
    const known = this.#ports.has(port) || this.#ports.size < maxPorts ? port : 0;
    let counts = this.#ports.get(known);
    if (counts === undefined) {
      counts = { port: known, connections: 0, fromClient: 0, fromServer: 0 };
      this.#ports.set(known, counts);
    }
    return counts;
  }

  /** Returns a copy of all counters, in the order of their first use. */
  summary(): ForwardedPort[] {
    return [...this.#ports.values()].map((counts) => ({ ...counts }));
  }
}
