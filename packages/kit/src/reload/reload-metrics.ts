import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../observe/create-admin-server.ts';

export type ReloadResult = 'changed' | 'unchanged' | 'rejected' | 'postponed';

/** Registers the metrics. Without a registry nothing is counted. */
export function createReloadMetrics(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  const reloads = new Counter({
    name: 'sallyport_config_reloads_total',
    help: 'Times that the configuration was read again',
    labelNames: ['result'],
    registers,
  });
  const failures = new Counter({
    name: 'sallyport_config_reader_failures_total',
    help: 'Times that the reader of the configuration could not start or ended without a result',
    registers,
  });
  const success = new Gauge({
    name: 'sallyport_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last read and accepted',
    registers,
  });
  const rejected = new Gauge({
    name: 'sallyport_config_rejected',
    help: '1 while the configuration on disk is rejected and an older one is in force',
    registers,
  });
  const waiting = new Gauge({
    name: 'sallyport_config_waiting',
    help: '1 while the configuration on disk is valid but cannot take effect yet',
    registers,
  });
  const restart = new Gauge({
    name: 'sallyport_config_restart_needed',
    help: 'Changed settings that take effect only after a restart',
    registers,
  });
  const info = new Gauge({
    name: 'sallyport_policy_info',
    help: 'The version of the policy in force',
    labelNames: ['version'],
    registers,
  });
  for (const result of ['changed', 'unchanged', 'rejected', 'postponed']) reloads.inc({ result }, 0);
  return {
    /** Records a read. `at` is in milliseconds since the epoch. */
    read(result: ReloadResult, at: number): void {
      reloads.inc({ result });
      rejected.set(result === 'rejected' ? 1 : 0);
      waiting.set(result === 'postponed' ? 1 : 0);
      if (result === 'changed' || result === 'unchanged') success.set(at / 1000);
    },
    /** Records a failure of the reader itself, whatever the file contains. */
    readerFailed: () => failures.inc(),
    inForce(version: string): void {
      info.reset();
      info.set({ version }, 1);
    },
    started: (at: number) => success.set(at / 1000),
    restartNeeded: (count: number) => restart.set(count),
  };
}
export type ReloadMetrics = ReturnType<typeof createReloadMetrics>;
