import type { KeptCarrier } from '@sallyport/carrier/connector';
import type { Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';

/** Creates the metrics of a connector. `carriers` returns those of now. */
export function createConnectorMetrics(registry: Metrics, carriers: () => readonly KeptCarrier[]) {
  const registers = [registry];
  new Gauge({
    name: 'sallyport_connector_carriers',
    help: 'Connections to the gateway, by their state: connected, draining, connecting.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of ['connected', 'draining', 'connecting'])
        this.set({ state }, carriers().filter((one) => one.state === state).length);
    },
  });
  new Gauge({
    name: 'sallyport_connector_streams',
    help: 'Open connections that go through this connector.',
    registers,
    collect() {
      this.set(carriers().reduce((sum, one) => sum + (one.state === 'connecting' ? 0 : one.streams), 0));
    },
  });
  return {
    dials: new Counter({
      name: 'sallyport_connector_dials_total',
      help: 'Connections that the gateway asked for, by result: connected, failed, not-allowed.',
      labelNames: ['result'],
      registers,
    }),
    tokens: new Counter({
      name: 'sallyport_connector_token_requests_total',
      help: "Requests for the gateway's token, by result: renewed, failed.",
      labelNames: ['result'],
      registers,
    }),
  };
}
