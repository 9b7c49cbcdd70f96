import { ConfigFaults } from '@sallyport/kit';

/** Runs every check of a configuration. Throws the faults of all of them together, and any other error at once. */
export function reportAll(file: string, checks: readonly (() => unknown)[]): void {
  const faults = checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (error instanceof ConfigFaults) return error.faults;
      throw error;
    }
  });
  if (faults.length > 0) throw new ConfigFaults(file, faults);
}
