import { existsSync } from 'node:fs';
import path from 'node:path';
import { configPath, loadPolicyTools } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { type OutputFormat, writeResult } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { createBundle } from './bundle.ts';
import { collectHere, collectMachine } from './collect-here.ts';
import { collectPods } from './collect-pods.ts';

export type SupportBundleOptions = {
  config?: string;
  namespace?: string;
  kubeconfig?: string;
  kubeContext?: string;
  log?: string[];
  out?: string;
  output: OutputFormat;
};

/** Writes an archive with what others need to help with an installation, without its secrets. */
export async function makeSupportBundle(environment: Environment, options: SupportBundleOptions): Promise<void> {
  const { namespace, kubeconfig, kubeContext: context } = options;
  if (namespace === undefined && (kubeconfig ?? context) !== undefined)
    throw usageError('--kubeconfig and --kube-context need --namespace', 'Name the namespace of Sallyport.');
  const time = new Date(environment.now()).toISOString().slice(0, 19).replaceAll(':', '');
  const out = path.resolve(environment.workingDirectory, options.out ?? `sallyport-support-${time}.tar.gz`);
  if (existsSync(out))
    throw new CliError('local-file', `${out} exists already`, 'Delete it first, or name another file with --out.');
  const progress = createProgress(environment);
  const tell = (what: string) => progress.tell(() => `Collecting ${what} ...`);
  const bundle = createBundle();
  try {
    collectMachine(environment, bundle);
    const tools = await loadPolicyTools();
    tell('the configuration');
    if (namespace === undefined || options.config !== undefined) {
      const file = configPath(environment, options.config);
      await collectHere(environment, bundle, { file, tools, logs: options.log ?? [] });
    }
    if (namespace !== undefined)
      await collectPods(environment, bundle, { namespace, kubeconfig, context, tools, tell });
    const written = await bundle.write(out);
    progress.end();
    const text =
      () => `${forTerminal(out)}: ${written.files} files. ${written.removed} secrets were removed, and ${written.missing} files could not be had (missing.json says why).
It has names of users, groups, clusters and machines, and their addresses. Look through it before you send it to anyone.
`;
    await writeResult(environment, options.output, { file: out, ...written }, text);
  } finally {
    progress.end();
  }
}
