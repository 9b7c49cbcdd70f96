import type { ForwardedPort } from '../observer/stream-observer.ts';

/** Ports that are counted one by one; whoever tries them all is counted under port 0 from then on. */
export const maxPorts = 1024;

/** Counts what goes through each port of a pod. */
export class PortCounts {
  readonly #ports = new Map<number, ForwardedPort>();

  /** The counter of a port, made on first use. */
  of(port: number): ForwardedPort {
    const known = this.#ports.has(port) || this.#ports.size < maxPorts ? port : 0;
    let counts = this.#ports.get(known);
    if (counts === undefined) {
      counts = { port: known, connections: 0, fromClient: 0, fromServer: 0 };
      this.#ports.set(known, counts);
    }
    return counts;
  }

  /** A copy of all of them, in the order of their first use. */
  summary(): ForwardedPort[] {
    return [...this.#ports.values()].map((counts) => ({ ...counts }));
  }
}
