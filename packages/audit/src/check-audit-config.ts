import { ConfigFaults, loadServiceKeys, type LoadedConfig } from '@sallyport/kit';

/** The fault of a configuration by which this service, started by itself, has nothing to read events from. */
export function noKafka(loaded: LoadedConfig): ConfigFaults {
  return new ConfigFaults(loaded.file, [
    {
      path: 'audit.kafka',
      ...loaded.place(['audit', 'kafka']),
      message: 'names no Kafka',
      hint: 'the audit service by itself reads from Kafka; memory is for all services in one process',
    },
  ]);
}

/** Checks what only this service needs of the configuration; throws ConfigFaults with everything that is wrong. */
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
