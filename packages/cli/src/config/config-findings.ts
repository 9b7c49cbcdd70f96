import type { ConfigFault, ServiceName } from './gateway-config.ts';
import { byPlace } from './load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';

/** A fault or warning, and the services that report it. */
export type Finding = ConfigFault & { services: ServiceName[] };
/** What the services say about a configuration. With a fault they do not start. */
export type ConfigFindings = { faults: Finding[]; warnings: Finding[] };

/** Merges what several services report: each finding once, with their names. */
function merge(found: readonly (readonly [ServiceName, readonly ConfigFault[]])[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const [service, faults] of found)
    for (const fault of faults) {
      const key = JSON.stringify(fault);
      const known = merged.get(key);
      if (known) known.services.push(service);
      else merged.set(key, { ...fault, services: [service] });
    }
  return [...merged.values()].toSorted(byPlace);
}

/**
 * Returns what these services report about a configuration: the same as each with `--check-config`, and warnings. Runs
 * the services' own checks.
 */
export async function findInConfig(
  file: string,
  env: Environment['env'],
  services: readonly ServiceName[],
): Promise<ConfigFindings> {
  const {
    checkPolicies,
    compilePolicy,
    examineConfigFile,
    faultsForService,
    lintPolicies,
    policyVersion,
    serviceChecks,
    warnOfClearKafka,
    warnOfLostSteps,
    warnOfSharedNames,
    warnOfUnkeptTokens,
    warnOfUnlinkedApprovers,
    warnOfWorkloads,
  } = await import('./gateway-config.ts');
  const examined = examineConfigFile(file, env);
  const { config, place } = examined;
  const placed = (found: { path: string; message: string; hint?: string }[]): ConfigFault[] =>
    found.map((warning) => ({ ...warning, ...place(warning.path.split('.')) }));
  const ofKafka = config ? placed(warnOfClearKafka(config.audit)) : [];
  const ofProviders = () =>
    config
      ? placed([
          ...warnOfSharedNames(config.identity.providers),
          ...warnOfUnkeptTokens(config),
          ...warnOfWorkloads(config.workloads),
        ])
      : [];
  const ofDecisions = () => [
    ...checkPolicies(examined, { compilePolicy, lintPolicies, policyVersion }).warnings,
    ...(config ? placed([...warnOfLostSteps(config), ...warnOfUnlinkedApprovers(config)]) : []),
  ];
  const warningsOf = { authenticate: ofProviders, authorize: ofDecisions, proxy: () => [], audit: () => [] };
  return {
    faults: merge(services.map((name) => [name, faultsForService(file, examined, serviceChecks[name])])),
    warnings: merge(services.map((name) => [name, [...warningsOf[name](), ...ofKafka]])),
  };
}
