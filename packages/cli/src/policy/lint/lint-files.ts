import path from 'node:path';
import type { ConfigFault, LintSubject } from '../../config/gateway-config.ts';
import { configPath, loadPolicyTools, type PolicyTools, byPlace } from '../../config/load-gateway-config.ts';
import type { GatewayNames } from '../../gateway/find-gateway.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { discoverResources } from './discover-resources.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../../terminal/for-terminal.ts';
import { isData, type OutputFormat, writeResult } from '../../terminal/output.ts';
import type { Environment } from '../../environment/environment.ts';
import { isMapping } from '../../input/untrusted.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { isAboutPolicies } from '../load/policies-of-config.ts';

/** The resources of a live cluster, if it was asked. */
type Live = LintSubject['live'];

/** Returns the faults of a policy document or, if it has none, its warnings: of the compiler and of the lint. */
export function lintDocument(
  document: unknown,
  scope: string,
  { compilePolicy, lintPolicies }: Pick<PolicyTools, 'compilePolicy' | 'lintPolicies'>,
  live?: Live,
) {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) return { faults: compiled.faults, warnings: [] };
  const policies = [{ policy: compiled.policy, isList: Array.isArray(document) }];
  const found = lintPolicies({ policies, ...(live ? { live } : {}) });
  return { faults: [], warnings: [...compiled.warnings, ...found] };
}

/** The faults and warnings about the policies of one file. */
type LintedFile = {
  file: string;
  kind: 'policy' | 'config';
  ok: boolean;
  faults: ConfigFault[];
  warnings: ConfigFault[];
};

/** Reports whether a document is a configuration, by its sections. Anything else is checked as a policy. */
function isConfig(data: unknown): boolean {
  return (
    isMapping(data) &&
    ['gateway', 'clusters', 'policies', 'services', 'identity'].some((name) => Object.hasOwn(data, name))
  );
}

function lintConfig(file: string, tools: PolicyTools, live: Live): LintedFile {
  // Secrets need not be available where policies are checked, so every variable gets a value.
  const { data, faults, place } = tools.examineConfigFile(file, new Proxy({}, { get: () => 'substituted' }));
  const checked = tools.checkPolicies(
    { data, place },
    { ...tools, lintPolicies: (subject) => tools.lintPolicies({ ...subject, ...(live ? { live } : {}) }) },
  );
  const all = [...faults.filter(isAboutPolicies), ...checked.faults].toSorted(byPlace);
  return { file, kind: 'config', ok: all.length === 0, faults: all, warnings: checked.warnings.toSorted(byPlace) };
}

/** Checks the policies of a file: one policy document, or all those of a `sallyport.yaml`. */
export function lintFile(file: string, tools: PolicyTools, live?: Live): LintedFile {
  const read = tools.readYaml(readNamedFile(file));
  if (!read.ok) return { file, kind: 'policy', ok: false, faults: read.faults, warnings: [] };
  const { data, place } = read.yaml;
  if (isConfig(data)) return lintConfig(file, tools, live);
  if (isMapping(data) && Array.isArray(data.cases)) {
    const fault = {
      path: 'cases',
      message: 'is a file of test cases, not a policy',
      hint: `to run them: sallyport policy test ${shellWord(file)}`,
      ...place(['cases']),
    };
    return { file, kind: 'policy', ok: false, faults: [fault], warnings: [] };
  }
  const { faults, warnings } = lintDocument(data, 'policy', tools, live);
  const placed = (some: typeof faults) =>
    some.map((fault) => tools.locateFault(fault, (path) => place(path) ?? { line: 1, column: 1 })).toSorted(byPlace);
  return { file, kind: 'policy', ok: faults.length === 0, faults: placed(faults), warnings: placed(warnings) };
}

export type LintOptions = GatewayNames & { output: OutputFormat; strict?: boolean; cluster?: string };

/** Returns the resources of the cluster that the user named, or nothing if they named none. */
async function askLive(
  environment: Environment,
  { cluster, ...names }: LintOptions,
  tools: PolicyTools,
): Promise<LintSubject['live']> {
  if (cluster !== undefined)
    return { cluster, catalog: await discoverResources(await openGateway(environment, names), cluster, tools) };
  if (names.gateway !== undefined || names.context !== undefined)
    throw usageError(
      'a gateway is only asked about the resources of a cluster, and --cluster is missing',
      'Write it like: sallyport policy lint policy.yaml --cluster dev',
    );
  return undefined;
}

export async function lintFiles(environment: Environment, names: string[], options: LintOptions): Promise<void> {
  const tools = await loadPolicyTools();
  const live = await askLive(environment, options, tools);
  const chosen =
    names.length === 0
      ? [configPath(environment, undefined)]
      : names.map((name) => path.resolve(environment.workingDirectory, name));
  const files = chosen.map((file) => lintFile(file, tools, live));
  const faults = files.reduce((sum, file) => sum + file.faults.length, 0);
  const warnings = files.reduce((sum, file) => sum + file.warnings.length, 0);
  const lines = (file: string, some: readonly ConfigFault[]) =>
    some.length === 0 ? [] : tools.formatFaults(file, some).split('\n').map(forTerminal);
  if (isData(options.output)) {
    await writeResult(environment, options.output, { ok: faults === 0, files }, () => '');
  } else {
    for (const { file, ok, ...found } of files) {
      environment.stderr.write(
        [
          ...lines(file, found.warnings).map((line) => `warning: ${line}\n`),
          ...lines(file, found.faults).map((line) => `${line}\n`),
        ].join(''),
      );
      if (ok)
        environment.stdout.write(
          `${forTerminal(file)}: ok${found.warnings.length === 0 ? '' : `, ${found.warnings.length} ${found.warnings.length === 1 ? 'warning' : 'warnings'}`}\n`,
        );
    }
  }
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  if (faults > 0)
    throw new CliError(
      'failed',
      `${counted(faults, 'fault')} in ${counted(files.filter(({ ok }) => !ok).length, 'file')}`,
      'Fix the faults listed above, then lint again.',
    );
  if (options.strict === true && warnings > 0)
    throw new CliError('failed', counted(warnings, 'warning'), 'Without --strict, warnings do not cause a failure.');
}
