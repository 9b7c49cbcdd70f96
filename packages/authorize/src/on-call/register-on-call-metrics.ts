import type { OnCallStatus } from '@sallyport/contracts';
import type { Metrics } from '@sallyport/kit';
import { Gauge } from 'prom-client';

/** Registers what an operator must know of each on-call list. Every replica reads the lists by itself. */
export function registerOnCallMetrics(metrics: Metrics, status: () => readonly OnCallStatus[]): void {
  const gauge = (name: string, help: string, value: (list: OnCallStatus) => number) => {
    const made: Gauge<'list'> = new Gauge({
      name,
      help,
      labelNames: ['list'],
      registers: [metrics],
      collect() {
        for (const list of status()) made.set({ list: list.name }, value(list));
      },
    });
  };
  gauge('sallyport_on_call_known', 'Whether it is known who is on the on-call list', ({ known }) => (known ? 1 : 0));
  gauge('sallyport_on_call_failing', 'Whether the on-call list cannot be read now', ({ failing }) => (failing ? 1 : 0));
  gauge('sallyport_on_call_users', 'How many users are on the on-call list', ({ users }) => users);
}
