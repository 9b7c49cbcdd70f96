import type { Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { Upstream } from './upstream.ts';

/** Shows how many watches share how many connections of HTTP/2 to each cluster. */
export function createSharedMetrics(metrics: Metrics, upstreams: () => readonly Upstream[]): void {
  const gauge = (name: string, help: string, key: 'connections' | 'streams') =>
    new Gauge({
      name: `sallyport_proxy_shared_${name}`,
      help,
      labelNames: ['cluster'],
      registers: [metrics],
      collect() {
        this.reset();
        for (const { name: cluster, shared } of upstreams()) {
          const counts = shared();
          if (counts) this.set({ cluster }, counts[key]);
        }
      },
    });
  gauge('connections', 'Connections of HTTP/2 to a cluster.', 'connections');
  gauge('watches', 'Watches that share connections of HTTP/2 to a cluster.', 'streams');
}
