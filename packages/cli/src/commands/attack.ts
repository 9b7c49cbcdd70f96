import type { Command } from 'commander';
import { probeCount } from '../attack/attack-rows.ts';
import { describeAttack } from '../attack/describe-attack.ts';
import { openTarget, type TargetOptions } from '../attack/open-target.ts';
import { runAttack } from '../attack/run-attack.ts';
import { createProgress } from '../terminal/progress.ts';
import { confirm } from '../terminal/confirm.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import { NegativeAnswer } from '../terminal/negative-answer.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withOutput } from './command-kit.ts';

type Options = TargetOptions & { output: OutputFormat; yesIMay?: boolean };

async function attack(environment: Environment, options: Options): Promise<void> {
  const target = await openTarget(environment, options);
  const name = `${target.secure ? 'https' : 'http'}://${target.authority}${target.basePath}`;
  await confirm(
    environment,
    `This sends about ${probeCount} hostile requests to ${name} with the token of ${options.tokenFile}. They change nothing there, but they are recorded, and may raise an alarm. May you do that?`,
    { yes: options.yesIMay === true, option: '--yes-i-may' },
  );
  const progress = createProgress(environment);
  const found = await runAttack(target, (done, all, row) => progress.tell(() => `${row}: ${done} of ${all}`)).finally(
    () => progress.end(),
  );
  const holes = found.rows.filter(({ result }) => result === 'hole').length;
  environment.stdout.write(
    render(options.output, { target: name, ok: holes === 0, holes, ...found }, () => describeAttack(name, found)),
  );
  if (holes > 0) throw new NegativeAnswer();
}

const about = `
What it tries is the part of the catalogue in docs/security.md that a caller can judge from outside (A01 to A07, A11 to A17): by whom a
SelfSubjectReview says you are, and by what is answered. Every request has User-Agent: sallyport-attack/<version> and the header
Sallyport-Attack with its row. It ends with 0 if everything held, and with 1 if a hole was found.

The target is a cluster's address (https://gate.example.com:8443/clusters/dev), or a gateway's, of which the first cluster is taken that it
shows to the token's owner. It need not be a Sallyport gateway.`;

/** `sallyport attack`. */
export function addAttack(program: Command, environment: Environment): void {
  const command = program
    .command('attack')
    .description('try on a gateway of your own what is known to have broken others')
    .requiredOption('--target <url>', "the gateway, or a cluster's address on it")
    .requiredOption(
      '--token-file <file>',
      'holds the bearer token of somebody who may reach the cluster; somebody with few rights is best',
    )
    .option('--ca-file <file>', "PEM file of the authority that signed the gateway's certificate")
    .option('--yes-i-may', 'the gateway is yours to attack, or you were asked to: do not ask')
    .action((options: Options) => attack(environment, options));
  withOutput(command).addHelpText('after', about);
  withExample(
    command,
    'sallyport attack --target https://gate.example.com:8443/clusters/dev --token-file token --yes-i-may',
  );
}
