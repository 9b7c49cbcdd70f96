import { ProblemError } from '@sallyport/kit';

/** Bounds what the API servers of a cluster may send, so that one cluster cannot crowd out the others. */
export type WebhookLimits = {
  /**
   * Admits a batch of a cluster. Throws `too-many-requests` if too many of its batches are being stored, or if it sent too
   * much. The caller reports the size of the body when it is read, and calls `leave` at the end.
   */
  enter(cluster: string): { read(bytes: number): void; leave(): void };
};

export type WebhookLimitsDeps = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Batches of one cluster at a time. */
  perCluster?: number;
  /** Batches of all clusters at a time. */
  total?: number;
  /** Bytes per second of one cluster, and how many at once after a pause. */
  bytesPerSecond?: number;
  burstBytes?: number;
};

type State = { running: number; left: number; at: number };

const tooMany = (why: string) => new ProblemError('too-many-requests', `${why} Send the batch again.`);

/** Creates the limits. */
export function createWebhookLimits(deps: WebhookLimitsDeps): WebhookLimits {
  const { now, perCluster = 4, total = 8, bytesPerSecond = 16 * 1024 * 1024, burstBytes = 64 * 1024 * 1024 } = deps;
  const states = new Map<string, State>();
  let running = 0;
  const stateOf = (cluster: string): State => {
    const state = states.get(cluster) ?? { running: 0, left: burstBytes, at: now() };
    states.set(cluster, state);
    const passed = Math.max(0, now() - state.at);
    state.left = Math.min(burstBytes, state.left + (passed * bytesPerSecond) / 1000);
    state.at = now();
    return state;
  };
  return {
    enter(cluster) {
      const state = stateOf(cluster);
      if (state.running >= perCluster) throw tooMany('Other batches of this cluster are being stored.');
      if (running >= total) throw tooMany('Batches of other clusters are being stored.');
      if (state.left <= 0) throw tooMany('This cluster sends more than the gateway accepts.');
      state.running += 1;
      running += 1;
      return {
        read(bytes) {
          state.left -= bytes;
        },
        leave() {
          state.running -= 1;
          running -= 1;
        },
      };
    },
  };
}
