import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';

/** Registers the metrics of open streams. `sizes` is read when the metrics are. */
export function createStreamMetrics(metrics: Metrics, sizes: () => { streams: number; requests: number }) {
  const registers = [metrics];
  const cuts = new Counter({
    name: 'sallyport_proxy_streams_cut_total',
    help: 'Streams that the gateway ended, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'sallyport_proxy_streams_refused_total',
    help: 'Streams and requests refused because of a limit, by limit.',
    labelNames: ['limit'],
    registers,
  });
  new Gauge({
    name: 'sallyport_proxy_open_streams',
    help: 'Open streams.',
    registers,
    collect() {
      this.set(sizes().streams);
    },
  });
  new Gauge({
    name: 'sallyport_proxy_long_requests',
    help: 'Requests other than streams that have run for more than two seconds.',
    registers,
    collect() {
      this.set(sizes().requests);
    },
  });
  return { cuts, refused };
}
