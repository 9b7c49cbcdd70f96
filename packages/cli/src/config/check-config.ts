import type { ServiceName, ConfigFault } from './gateway-config.ts';
import { configPath, byPlace } from './load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { isData, type OutputFormat, writeResult } from '../terminal/output.ts';

/** A fault or warning, and the services that report it. */
type Finding = ConfigFault & { services: ServiceName[] };
/** What the services say about a configuration. With a fault they do not start. */
type ConfigFindings = { faults: Finding[]; warnings: Finding[]; isSingle: boolean };

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
 * Returns what these services report about a configuration: the same as each with `--check-config`, what each reports
 * while it runs, and warnings. Runs the services' own checks. If the configuration is one for a single process, what is
 * right for that is not a fault.
 */
export async function findInConfig(
  file: string,
  env: Environment['env'],
  services: readonly ServiceName[],
): Promise<ConfigFindings> {
  const tools = await import('./gateway-config.ts');
  const first = tools.examineConfigFile(file, env);
  const isSingle = tools.isSingleProcess(first.data);
  const examined = isSingle ? tools.examineConfigFile(file, env, { forOneProcess: true }) : first;
  const { config, place } = examined;
  const placed = (found: { path: string; message: string; hint?: string }[]): ConfigFault[] =>
    found.map((warning) => ({ ...warning, ...place(warning.path.split('.')) }));
  const ofKafka = config ? placed(tools.warnOfClearKafka(config.audit)) : [];
  const ofProviders = () =>
    config
      ? placed([
          ...tools.warnOfSharedNames(config.identity.providers),
          ...tools.warnOfUnkeptTokens(config),
          ...tools.warnOfWorkloads(config.workloads),
        ])
      : [];
  const ofDecisions = () => [
    ...tools.checkPolicies(examined, tools).warnings,
    ...(config ? placed([...tools.warnOfLostWrites(config), ...tools.warnOfUnlinkedApprovers(config)]) : []),
  ];
  const warningsOf = { authenticate: ofProviders, authorize: ofDecisions, proxy: () => [], audit: () => [] };
  const faultsOf = async (name: ServiceName) => {
    const check = tools.serviceChecks[name];
    const later = await tools.faultsWhileRunning(file, examined, check);
    return [name, [...tools.faultsForService(file, examined, check), ...later]] as const;
  };
  return {
    faults: merge(await Promise.all(services.map(faultsOf))),
    warnings: merge(services.map((name) => [name, [...warningsOf[name](), ...ofKafka]])),
    isSingle,
  };
}

const services: readonly ServiceName[] = ['authenticate', 'authorize', 'proxy', 'audit'];
export type CheckConfigOptions = { service?: ServiceName; output: OutputFormat };

const whoSays = (names: readonly ServiceName[]) =>
  names.length === services.length ? '[all services]' : `[${names.join(', ')}]`;

export async function checkConfig(
  environment: Environment,
  named: string | undefined,
  { service, output }: CheckConfigOptions,
): Promise<void> {
  const file = configPath(environment, named);
  const { formatFaults } = await import('./gateway-config.ts');
  const asked = service === undefined ? services : [service];
  const { faults, warnings, isSingle } = await findInConfig(file, environment.env, asked);
  const line = (finding: Finding) => forTerminal(`${formatFaults(file, [finding])} ${whoSays(finding.services)}`);
  if (output === 'text') for (const one of warnings) environment.stderr.write(`warning: ${line(one)}\n`);
  if (isData(output))
    await writeResult(
      environment,
      output,
      { file, services: asked, ok: faults.length === 0, faults, warnings },
      () => '',
    );
  else if (faults.length === 0)
    environment.stdout.write(`${forTerminal(file)}: ok${isSingle ? ', for one process (sallyport serve)' : ''}\n`);
  if (faults.length === 0) return;
  if (output === 'text') for (const one of faults) environment.stderr.write(`${line(one)}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    'Fix the faults listed above, then check again.',
  );
}
