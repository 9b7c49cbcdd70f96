import { ConfigFaults, loadServiceKeys, type LoadedConfig } from '@sallyport/kit';

/** Returns the fault of a configuration without Kafka, from which this service cannot run alone. */
export function noKafka(loaded: LoadedConfig): ConfigFaults {
  return new ConfigFaults(loaded.file, [
    {
      path: 'audit.kafka',
      ...loaded.place(['audit', 'kafka']),
      message: 'does not name a Kafka cluster',
      hint: 'Set `brokers`. On its own, the audit service reads from Kafka; `memory` is for all services in one process.',
    },
  ]);
}

/** Checks the settings that only this service needs. Throws ConfigFaults with all faults. */
export function checkAuditConfig(loaded: LoadedConfig): void {
  const faults = 'memory' in loaded.config.audit.kafka ? [...noKafka(loaded).faults] : [];
  try {
    loadServiceKeys(loaded, 'audit', Date.now);
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    faults.push(...error.faults);
  }
  if (faults.length > 0) throw new ConfigFaults(loaded.file, faults);
}
