import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { ConfigFault } from '../gateway-config.ts';
import { CliError } from '../terminal/cli-error.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import type { World } from '../world.ts';
import { withExample, withOutput } from './command-kit.ts';
import { addConfigImport } from './config-import.ts';
import { configFile } from './load-config-here.ts';

type Findings = { faults: ConfigFault[]; warnings: ConfigFault[] };
type Place = (path: readonly PropertyKey[]) => { line: number; column: number } | undefined;

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined);

/** Every policy of a configuration: where it stands, and the scope that names its rules. */
function policiesIn(data: unknown): { path: (string | number)[]; scope: string; document: unknown }[] {
  const clusters = list(field(data, 'clusters')).map((cluster, index) => (
    { path: ['clusters', index, 'policy'], scope: `cluster/${String(field(cluster, 'name'))}`, document: field(cluster, 'policy') }
  ));
  const api = field(field(data, 'api'), 'policy');
  const areas = typeof api === 'object' && api !== null ? Object.entries(api) : [];
  return [...clusters, ...areas.map(([area, document]) => ({ path: ['api', 'policy', area], scope: `api/${area}`, document }))];
}

async function policyFindings(data: unknown, place: Place): Promise<Findings> {
  const { compilePolicy } = await import('../gateway-config.ts');
  const found: Findings = { faults: [], warnings: [] };
  for (const { path, scope, document } of policiesIn(data)) {
    const at = (inner: readonly (string | number)[]) => ({ path: [...path, ...inner].join('.'), ...place([...path, ...inner]) });
    if (document == null) {
      found.warnings.push({ ...at([]), message: 'is missing: without a policy nobody is let in' });
      continue;
    }
    const compiled = compilePolicy(document, { scope });
    const into = (faults: readonly { path: readonly (string | number)[]; message: string; hint?: string }[]) => faults.map(({ path: inner, ...rest }) => ({ ...at(inner), ...rest }));
    if (compiled.ok) found.warnings.push(...into(compiled.warnings));
    else found.faults.push(...into(compiled.faults));
  }
  return found;
}

/** Finds everything that is wrong with a configuration file, policies included, also when its form is faulty elsewhere. */
async function findingsOf(file: string, env: World['env']): Promise<Findings> {
  const { ConfigFaults, loadConfig, readYaml } = await import('../gateway-config.ts');
  const faults: ConfigFault[] = [];
  try {
    loadConfig(file, env);
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    faults.push(...error.faults);
  }
  let read: ReturnType<typeof readYaml>;
  try {
    read = readYaml(readFileSync(file, 'utf8'));
  } catch {
    return { faults, warnings: [] };
  }
  const inPolicies = read.ok ? await policyFindings(read.yaml.data, read.yaml.place) : { faults: [], warnings: [] };
  const all = [...faults, ...inPolicies.faults].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { faults: all, warnings: inPolicies.warnings };
}

async function check(world: World, file: string, output: OutputFormat): Promise<number> {
  const { formatFaults } = await import('../gateway-config.ts');
  const { faults, warnings } = await findingsOf(file, world.env);
  const lines = (some: readonly ConfigFault[]) => formatFaults(file, some).split('\n').map(forTerminal);
  if (warnings.length > 0 && output === 'text') world.stderr.write(lines(warnings).map((line) => `warning: ${line}\n`).join(''));
  if (output === 'json') world.stdout.write(render('json', { file, ok: faults.length === 0, faults, warnings }, () => ''));
  else if (faults.length === 0) world.stdout.write(`${forTerminal(file)}: ok\n`);
  if (faults.length === 0) return exitCodes.ok;
  if (output === 'text') world.stderr.write(`${lines(faults).join('\n')}\n`);
  throw new CliError('failed', `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`, 'Correct what stands above, then check again.');
}

/** `sallyport config check|import`. */
export function addConfig(program: Command, world: World): void {
  const config = program.command('config').description('work on a gateway\'s configuration');
  const command = config.command('check').description('report everything that is wrong with a configuration, at once')
    .argument('[file]', 'the configuration (default: SALLYPORT_CONFIG, then ./sallyport.yaml)')
    .action(async (file: string | undefined, options: { output: OutputFormat }) => { await check(world, configFile(world, file), options.output); });
  withExample(withOutput(command), 'sallyport config check /etc/sallyport/sallyport.yaml');
  addConfigImport(config, world);
  withExample(config, 'sallyport config check /etc/sallyport/sallyport.yaml', 'sallyport config import pomerium.yaml --out sallyport.yaml');
}
