import path from 'node:path';
import type { Command } from 'commander';
import { readNamedFile } from '../files/read-file.ts';
import { fileFault, writeFileAtomically } from '../files/write-file.ts';
import { describeCases, type FileResult, junit } from '../policy/cases/describe-cases.ts';
import { policiesOfConfig } from '../policy/load/policies-of-config.ts';
import { loadPolicyTools, type PolicyTools } from '../config/load-gateway-config.ts';
import { readCases, type CaseFile } from '../policy/cases/read-cases.ts';
import { readPolicy, refuseFaults } from '../policy/load/read-policy.ts';
import { runCases, type SelectPolicies } from '../policy/cases/run-cases.ts';
import { CliError } from '../terminal/cli-error.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

type Options = { output: OutputFormat; junit?: string };

/** Returns how to select the policies for the cases of a file. The paths in the file are relative to it. */
function selection(environment: Environment, file: string, cases: CaseFile, tools: PolicyTools): SelectPolicies {
  const relative = (name: string) => path.resolve(path.dirname(file), name);
  if (cases.policy !== undefined) {
    const { policy } = readPolicy(environment, relative(cases.policy), cases.scope, tools);
    return () => [policy];
  }
  const read = policiesOfConfig(environment, relative(cases.config!), tools);
  if (!read.ok) return refuseFaults(environment, read.file, read.faults, tools);
  return ({ kubernetes, request }) =>
    kubernetes === undefined && request?.host !== undefined
      ? read.policies.ofRoute(request.host)
      : read.policies.of(kubernetes?.cluster ?? '', tools.namespaceOf(kubernetes));
}

function runFile(environment: Environment, named: string, tools: PolicyTools): FileResult {
  const file = path.resolve(environment.workingDirectory, named);
  const read = readCases(readNamedFile(file), tools);
  if (!read.ok) return refuseFaults(environment, file, read.faults, tools);
  const select = selection(environment, file, read.file, tools);
  return {
    file,
    cases: runCases(read.file.cases, select, {
      tools,
      now: environment.now(),
      loginFirst: read.file.config !== undefined,
    }),
  };
}

async function test(environment: Environment, names: string[], options: Options): Promise<void> {
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
  environment.stdout.write(
    await render(options.output, { ok: failed === 0, passed: all.length - failed, failed, files }, () =>
      describeCases(files),
    ),
  );
  if (failed > 0)
    throw new CliError(
      'failed',
      `${failed} of ${all.length} ${all.length === 1 ? 'case' : 'cases'} failed`,
      'Correct the policy, or the expectation.',
    );
}

const fileHelp = `
A file of cases:
  policy: ./policy.yaml            # or config: ./sallyport.yaml, for all policies of the case's cluster or route
  cases:
    - name: developers read pods in dev
      input: {user: alice@example.com, groups: [developers], cluster: dev, verb: get, resource: pods, namespace: dev, name: web}
      expect: allow
    - name: they do not delete them
      input: {user: alice@example.com, groups: [developers], cluster: dev, verb: delete, resource: pods, namespace: dev}
      expect: {effect: deny, rule: default-deny, reasons: [k8s-verb-unauthorized]}
With config, a case can be about a web application:
    - {name: staff read the wiki, user: alice@example.com, groups: [staff], route: wiki.example.com, path: /home, expect: allow}
An input may also have the long form of "policy eval". Paths are relative to the file.`;

/** `sallyport policy test`. */
export function addPolicyTest(policy: Command, environment: Environment): void {
  const command = policy
    .command('test')
    .description('run test cases, which say what a policy should and should not allow')
    .argument('<file...>', 'files of cases, YAML or JSON')
    .option('--junit <file>', 'write a JUnit report for CI')
    .action((files: string[], options: Options) => test(environment, files, options));
  withOutput(command).addHelpText('after', fileHelp);
  withExample(command, 'sallyport policy test policies/*.test.yaml --junit report.xml');
}
