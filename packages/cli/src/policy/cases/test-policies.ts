import path from 'node:path';
import { readNamedFile } from '../../files/read-file.ts';
import { fileFault, writeFileAtomically } from '../../files/write-file.ts';
import { describeCases, type FileResult, junit } from './describe-cases.ts';
import { policiesOfConfig } from '../load/policies-of-config.ts';
import type { CaseFile, SelectPolicies } from '../../config/gateway-config.ts';
import { loadPolicyTools, type PolicyTools } from '../../config/load-gateway-config.ts';
import { readPolicy, refuseFaults } from '../load/read-policy.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { type OutputFormat, writeResult } from '../../terminal/output.ts';
import type { Environment } from '../../environment/environment.ts';

export type TestOptions = { output: OutputFormat; junit?: string };

/** Returns how to select the policies for the cases of a file. The paths in the file are relative to it. */
function selection(environment: Environment, file: string, cases: CaseFile, tools: PolicyTools): SelectPolicies {
  const relative = (name: string) => path.resolve(path.dirname(file), name);
  if (cases.policy !== undefined) {
    const { policy } = readPolicy(environment, relative(cases.policy), cases.scope, tools);
    return () => [policy];
  }
  const policies = policiesOfConfig(environment, relative(cases.config!), tools);
  return ({ kubernetes, request }) =>
    kubernetes === undefined && request?.host !== undefined
      ? policies.ofRoute(request.host)
      : policies.of(kubernetes?.cluster ?? '', tools.namespaceOf(kubernetes));
}

function runFile(environment: Environment, named: string, tools: PolicyTools): FileResult {
  const file = path.resolve(environment.workingDirectory, named);
  const parsed = tools.readYaml(readNamedFile(file));
  if (!parsed.ok) return refuseFaults(environment, file, parsed.faults, tools);
  const { place } = parsed.yaml;
  const read = tools.readCases(parsed.yaml);
  if (!read.ok) {
    const faults = read.faults.map((fault) =>
      tools.locateFault(fault, (path) => place(path) ?? { line: 1, column: 1 }),
    );
    return refuseFaults(environment, file, faults, tools);
  }
  const select = selection(environment, file, read.file, tools);
  return {
    file,
    cases: tools.runCases(read.file.cases, select, {
      now: environment.now(),
      loginFirst: read.file.config !== undefined,
    }),
  };
}

export async function testPolicies(environment: Environment, names: string[], options: TestOptions): Promise<void> {
  const tools = await loadPolicyTools();
  const files = names.map((name) => runFile(environment, name, tools));
  const all = files.flatMap(({ cases }) => cases);
  const failed = all.filter(({ passed }) => !passed).length;
  if (options.junit !== undefined) {
    const report = path.resolve(environment.workingDirectory, options.junit);
    try {
      writeFileAtomically(report, junit(files));
    } catch (error) {
      throw fileFault(report, error, 'Name another file.');
    }
  }
  await writeResult(environment, options.output, { ok: failed === 0, passed: all.length - failed, failed, files }, () =>
    describeCases(files),
  );
  if (failed > 0)
    throw new CliError(
      'failed',
      `${failed} of ${all.length} ${all.length === 1 ? 'case' : 'cases'} failed`,
      'Correct the policy, or the expectation.',
    );
}
