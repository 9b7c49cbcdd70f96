import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileFault, writeFileAtomically } from '../files/write-file.ts';
import { namedFileFault, readNamedFile } from '../files/read-file.ts';
import { importPomerium, type PomeriumImport } from './import-pomerium.ts';
import { lintDocument } from '../policy/lint/lint-files.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { isData, type OutputFormat, writeResult } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { describeImport, writeConfig, type Missing } from './describe-import.ts';

/**
 * Returns everything that keeps the services from starting with the result of an import: what `config check` would
 * report, with sample values for references that cannot be read yet. `text` is the result, `filled` the same with the
 * samples.
 */
async function findMissing(
  result: { text: string; filled: string; file: string },
  env: Environment['env'],
): Promise<Missing[]> {
  const { examineConfig, readConfig, serviceChecks } = await import('../config/gateway-config.ts');
  const { text, filled, file } = result;
  const loaded = readConfig(filled, file, {});
  const found = [
    ...examineConfig(text, file, env).faults,
    ...Object.values(serviceChecks).flatMap(({ ofConfig }) => ofConfig(loaded)),
  ];
  const missing = found.map(({ path: at, message, hint, file: other }) => ({
    path: other === undefined ? at : path.basename(other),
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
  return [...new Map(missing.map((one) => [JSON.stringify(one), one])).values()].toSorted((a, b) =>
    a.path < b.path ? -1 : Number(a.path > b.path),
  );
}

export type ImportOptions = { output: OutputFormat; out?: string; force?: boolean };
type Faults = Extract<PomeriumImport, { ok: false }>['faults'];
type Done = Extract<PomeriumImport, { ok: true }>;

async function refuse(
  environment: Environment,
  file: string,
  faults: Faults,
  output: OutputFormat,
  format: (file: string, faults: Faults) => string,
): Promise<never> {
  if (isData(output)) await writeResult(environment, output, { ok: false, source: file, faults }, () => '');
  else environment.stderr.write(`${format(file, faults).split('\n').map(forTerminal).join('\n')}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}, so nothing was written`,
    'Fix the faults listed above, then import again.',
  );
}

const replaceReferences = (value: unknown, samples: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') return samples.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, samples));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceReferences(item, samples)]));
};

/** Returns the result as text with sample values for its references. */
const fill = (done: Done) => JSON.stringify(replaceReferences(done.config, done.samples));

/** Returns the faults that the gateway would find in the result, with sample values for its references. */
async function faultsOfResult(done: Done, file: string): Promise<Faults> {
  const { ConfigFaults, readConfig } = await import('../config/gateway-config.ts');
  try {
    readConfig(fill(done), file, {});
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    return error.faults.map(({ path: where, message, hint }) => ({
      path: where,
      message: `the result would have a fault: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    }));
  }
}

export async function runImport(environment: Environment, source: string, options: ImportOptions): Promise<void> {
  const file = path.resolve(environment.workingDirectory, source);
  const out = options.out === undefined ? undefined : path.resolve(environment.workingDirectory, options.out);
  if (out !== undefined && statSync(out, { throwIfNoEntry: false })?.isDirectory() === true)
    throw namedFileFault(out, { code: 'EISDIR' });
  if (out !== undefined && existsSync(out) && options.force !== true)
    throw new CliError(
      'local-file',
      `${out} already exists`,
      'Give another file with --out, or replace it with --force.',
    );
  const tools = await import('../config/gateway-config.ts');
  const { formatFaults, readYaml } = tools;
  const read = readYaml(readNamedFile(file));
  if (!read.ok) return refuse(environment, file, read.faults, options.output, formatFaults);
  const checkPolicy = (document: unknown) => lintDocument(document, 'cluster/imported', tools);
  const done = importPomerium(read.yaml, { checkPolicy, readYaml });
  if (!done.ok) return refuse(environment, file, done.faults, options.output, formatFaults);
  const faults = await faultsOfResult(done, out ?? file);
  if (faults.length > 0) return refuse(environment, file, faults, options.output, formatFaults);
  const text = writeConfig(done.config, {
    source: path.basename(file),
    clusters: done.clusters,
    routes: done.routes,
    left: done.notCarried.length,
    secrets: done.secrets.length,
  });
  if (out !== undefined) write(out, text);
  const missing = await findMissing({ text, filled: fill(done), file: out ?? file }, environment.env);
  const { clusters, notCarried, notes, secrets } = done;
  const carried = clusters.map(({ source: from, cluster: { name, host, server } }) => ({
    from,
    name,
    ...(host === undefined ? {} : { host }),
    server,
  }));
  const report = {
    ok: true,
    source: file,
    ...(out === undefined ? { config: text } : { out }),
    clusters: carried,
    routes: done.routes.map(({ source: from, route }) => ({ from, url: route.from, to: route.to })),
    secrets,
    notes,
    notCarried,
    missing,
  };
  if (isData(options.output)) await writeResult(environment, options.output, report, () => '');
  else {
    if (out === undefined) environment.stdout.write(text);
    // Standard output may be redirected to a file or a pipe, so the report goes to standard error.
    environment.stderr.write(
      `${describeImport(file, done, missing)}${out === undefined ? '' : `\nWritten to ${forTerminal(out)}. To check it, run: sallyport config check ${shellWord(forTerminal(out))}\n`}`,
    );
  }
}

function write(out: string, text: string): void {
  try {
    writeFileAtomically(out, text);
  } catch (error) {
    throw fileFault(out, error, 'Name another file.');
  }
}
