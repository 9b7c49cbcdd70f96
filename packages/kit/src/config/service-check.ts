import { existsSync } from 'node:fs';
import type { ConfigFault } from './config-faults.ts';
import { examineConfigFile, loadedFrom, type ExaminedConfig, type LoadedConfig } from './load-config.ts';
import type { FindPlace } from './yaml-places.ts';

/** What one service checks in a configuration besides its schema. Both functions return every fault they find. */
export type ServiceCheck = {
  /** Checks the data of the file, even if it does not match the schema. */
  ofData?(source: { data: unknown; place: FindPlace }): ConfigFault[];
  /** Checks the settings that this service uses, and the files that they name. */
  ofConfig(loaded: LoadedConfig): ConfigFault[];
  /** Checks what the service itself checks only while it runs, because it starts in spite of a fault there. */
  whileRunning?(loaded: LoadedConfig): Promise<ConfigFault[]>;
};

/** Returns the faults because of which a service does not start with an examined configuration, each once. */
export function faultsForService(file: string, examined: ExaminedConfig, check: ServiceCheck): ConfigFault[] {
  const loaded = loadedFrom(file, examined);
  const found = [...(check.ofData?.(examined) ?? []), ...(loaded ? check.ofConfig(loaded) : [])];
  const { added, unread, forOneProcess = false } = examined;
  // A single process makes what is missing.
  const isMade = (at: string) => forOneProcess && added.has(at) && !existsSync(added.get(at) ?? '');
  // A value that could not be read has its fault already. Whatever a check says about it would mislead.
  const all = [...examined.faults, ...found.filter(({ path: at }) => !unread.has(at) && !isMade(at))];
  return [...new Map(all.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** Returns the faults in spite of which a service starts, and that it reports while it runs. */
export async function faultsWhileRunning(
  file: string,
  examined: ExaminedConfig,
  check: ServiceCheck,
): Promise<ConfigFault[]> {
  const loaded = loadedFrom(file, examined);
  return loaded ? ((await check.whileRunning?.(loaded)) ?? []) : [];
}

/** Reads a configuration for a service and checks it. `loaded` is set if there are no faults. */
export function examineForService(
  file: string,
  env: Record<string, string | undefined>,
  check: ServiceCheck,
): { faults: ConfigFault[]; loaded?: LoadedConfig } {
  const examined = examineConfigFile(file, env);
  const faults = faultsForService(file, examined, check);
  const loaded = loadedFrom(file, examined);
  return faults.length === 0 && loaded ? { faults, loaded } : { faults };
}
