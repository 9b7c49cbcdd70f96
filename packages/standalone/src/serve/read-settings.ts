import { checkAudit } from '@sallyport/audit/check';
import { checkAuthenticate } from '@sallyport/authenticate/check';
import { checkAuthorize } from '@sallyport/authorize/check';
import {
  ConfigFaults,
  examineConfigFile,
  faultsForService,
  loadedFrom,
  needsOwnCertificate,
  type ConfigFault,
  type LoadedConfig,
} from '@sallyport/kit';
import { checkProxy } from '@sallyport/proxy/check';

/** The settings of a single process. */
export type ServeSettings = {
  loaded: LoadedConfig;
  /** Its directory. */
  directory: string;
  /** Whether the gateway's certificate is to be issued by the authority in the directory. */
  ownCertificate: boolean;
};

/**
 * Reads the configuration of a single process. Throws ConfigFaults with everything that keeps one of the services from
 * starting, apart from what the process makes itself.
 */
export function readServeSettings(file: string, env: Record<string, string | undefined>): ServeSettings {
  const examined = examineConfigFile(file, env, { forOneProcess: true });
  const all = [checkAuthenticate, checkAuthorize, checkProxy, checkAudit].flatMap((check) =>
    faultsForService(file, examined, check),
  );
  const faults = new Map<string, ConfigFault>();
  for (const fault of all) faults.set(JSON.stringify(fault), fault);
  const loaded = loadedFrom(file, examined);
  if (faults.size > 0 || !loaded) throw new ConfigFaults(file, [...faults.values()]);
  return {
    loaded,
    directory: loaded.resolvePath(loaded.config.data),
    ownCertificate: needsOwnCertificate(examined.data),
  };
}
