import { ConfigFaults, type ConfigFault } from './config-faults.ts';

/** Runs every check of a configuration. Returns the faults of all of them, and throws any other error at once. */
export function collectFaults(checks: readonly (() => unknown)[]): ConfigFault[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (error instanceof ConfigFaults) return error.faults;
      throw error;
    }
  });
}
