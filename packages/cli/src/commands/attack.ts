import { probeCount } from '@sallyport/attack';
import { Option, type Command } from 'commander';
import { attackTarget } from '../attack/attack-target.ts';
import { describeAttack } from '../attack/describe-attack.ts';
import { openTarget, type TargetOptions } from '../attack/open-target.ts';
import { createProgress } from '../terminal/progress.ts';
import { confirm } from '../terminal/confirm.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import { NegativeAnswer } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

type Options = TargetOptions & { output: OutputFormat; yes?: boolean; yesIMay?: boolean };

async function attack(environment: Environment, options: Options): Promise<void> {
  const target = await openTarget(environment, options);
  const name = `${target.secure ? 'https' : 'http'}://${target.authority}${target.basePath}`;
  await confirm(
    environment,
    `This sends about ${probeCount} hostile requests to ${name} with the token in ${options.tokenFile}. They change nothing there, but they are recorded, and may trigger alerts. Are you allowed to do that?`,
    // The second is the name of the option before version 0.2.0.
    { yes: options.yes === true || options.yesIMay === true },
  );
  const progress = createProgress(environment);
  const found = await attackTarget(target, (done, all, row) =>
    progress.tell(() => `${row}: ${done} of ${all}`),
  ).finally(() => progress.end());
  const holes = found.rows.filter(({ result }) => result === 'hole').length;
  environment.stdout.write(
    await render(options.output, { target: name, ok: holes === 0, holes, ...found }, () =>
      describeAttack(environment, name, found),
    ),
  );
  if (holes > 0) throw new NegativeAnswer();
}

const about = `
Tries the attacks in docs/security.md whose results show from outside (A01 to A07, A11 to A17, C04): by the
identity in a SelfSubjectReview, and by the responses. Every request has the header User-Agent:
sallyport-attack/<version> and the header Sallyport-Attack with its row. The exit code is 0 if the target withstood
every attack with a result, and 1 if there is a hole.

The target is the address of a cluster (https://gate.example.com:8443/clusters/dev) or of a gateway. On a gateway, the
command attacks the first cluster that the owner of the token can see. The target need not be a Sallyport gateway.`;

/** `sallyport attack`. */
export function addAttack(program: Command, environment: Environment): void {
  const command = program
    .command('attack')
    .description('try known attacks against your own gateway')
    .requiredOption('--target <url>', "the gateway, or a cluster's address on it")
    .requiredOption(
      '--token-file <file>',
      'file with the bearer token of a user who may reach the cluster, preferably a user with few permissions',
    )
    .option('--ca-file <file>', "PEM file of the CA that signed the gateway's certificate")
    .option('--yes', 'do not ask: you own the gateway, or were asked to attack it')
    .addOption(new Option('--yes-i-may').hideHelp())
    .action((options: Options) => attack(environment, options));
  withOutput(command).addHelpText('after', about);
  withExample(command, 'sallyport attack --target https://gate.example.com:8443/clusters/dev --token-file token --yes');
}
