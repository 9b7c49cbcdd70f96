import { Agent, request } from 'node:https';

/** Requests at a constant rate, whether or not they succeed. */
export type SteadyLoad = {
  /** Returns the responses since the last call: counts per status code, and sorted latencies in milliseconds. */
  take(): { statuses: Record<string, number>; latencies: number[] };
  stop(): void;
};

/** Sends `perSecond` GET requests per second over kept-alive connections. */
export function startSteadyLoad(url: string, options: { ca: string; token: string; perSecond: number }): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: options.ca });
  let statuses: Record<string, number> = {};
  let latencies: number[] = [];
  const count = (status: string) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const one = () => {
    const began = performance.now();
    const sent = request(url, { agent, headers: { authorization: `Bearer ${options.token}` } }, (response) => {
      response.resume();
      response.once('end', () => {
        latencies.push(performance.now() - began);
        count(String(response.statusCode));
      });
    });
    sent.once('error', (error: NodeJS.ErrnoException) => count(error.code ?? error.message));
    sent.end();
  };
  const began = performance.now();
  let sent = 0;
  // A late timer catches up, so that the rate is constant.
  const timer = setInterval(() => {
    for (const due = ((performance.now() - began) / 1000) * options.perSecond; sent < due; sent += 1) one();
  }, 5);
  return {
    take() {
      const taken = { statuses, latencies: latencies.toSorted((a, b) => a - b) };
      [statuses, latencies] = [{}, []];
      return taken;
    },
    stop() {
      clearInterval(timer);
      agent.destroy();
    },
  };
}

/** Returns the value below which `share` of the sorted numbers are. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
