import type { Command } from 'commander';
import type { Explanation } from '@sallyport/contracts/answers';
import { askGateway, openPlace } from '../ask/ask-gateway.ts';
import { withAsked } from '../ask/question/asked-options.ts';
import { readAsked, type AskedOptions } from '../ask/question/read-asked.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { describeExplanation } from '../ask/explain/describe-explanation.ts';
import { explainFiles, type Offline } from '../ask/explain/explain-files.ts';
import { nextSteps } from '../ask/explain/next-steps.ts';
import { readPerson, withPerson, type PersonOptions } from '../ask/explain/person-options.ts';
import { loadPolicyTools } from '../config/load-gateway-config.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';

type Options = AskedOptions & PersonOptions & Offline & GatewayNames & { output: OutputFormat };

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];
const hiddenHint =
  'If the name is correct, no rule gives you access there. Ask the operator of the gateway for access, and tell them who you are ("sallyport whoami").';

async function find(environment: Environment, words: string[], options: Options): Promise<Explanation> {
  const person = readPerson(options);
  const warn = (text: string) => environment.stderr.write(`note: ${forTerminal(text)}\n`);
  if (options.policy !== undefined && options.config !== undefined)
    throw new CliError(
      'usage',
      '--policy and --config cannot be combined',
      'Give one of them, or neither to ask the gateway.',
    );
  if (options.policy !== undefined || options.config !== undefined) {
    return explainFiles(
      environment,
      readAsked(words, options, { defaultNamespace: 'default', warn }),
      person,
      options,
      await loadPolicyTools(),
    );
  }
  if (options.now !== undefined || options.elevations !== undefined || options.onCall !== undefined)
    throw new CliError(
      'usage',
      '--now, --elevation and --on-call need --policy or --config',
      'The gateway answers for the current time, your current elevations and who is on call now.',
    );
  const { gateway, cluster, namespace } = await openPlace(environment, options);
  const found = await askGateway(
    gateway,
    readAsked(words, options, { defaultNamespace: namespace, warn }),
    cluster,
    person,
  );
  if ('hidden' in found) throw new CliError('refused', found.hidden, hiddenHint);
  return found.explanation;
}

async function explain(environment: Environment, words: string[], options: Options): Promise<void> {
  const explanation = await find(environment, words, options);
  environment.stdout.write(
    await render(options.output, { ...explanation, next: nextSteps(explanation) }, () =>
      describeExplanation(explanation, createPaint(environment)),
    ),
  );
}

const moreHelp = `
Without --policy and --config, the command asks the gateway about your own session. You may ask about another user
(--user) if api.policy.policy lists you. With --user alone, the groups are those of that user's latest session.`;

/** `sallyport policy explain`. */
export function addPolicyExplain(policy: Command, environment: Environment): void {
  const command = withPerson(
    withAsked(
      policy
        .command('explain')
        .description('explain, rule by rule, why a request is allowed or refused, and what to do about it'),
    ),
  )
    .option('--verb <verb>', 'instead of the arguments: the verb')
    .option('--resource <resource>', 'instead of the arguments: resource[.group][/subresource], as in policies')
    .option('--name <name>', 'with --resource: the name')
    .option('--path <path>', 'instead of the arguments: the path of a request')
    .option('--method <method>', 'with --path: the method (default: GET)')
    .option('--policy <file>', 'use a policy document instead of a gateway')
    .option('--config <file>', 'use the policies of a configuration instead of a gateway')
    .option('--now <time>', 'with a file: the time to assume')
    .option('--elevation <name>', 'with a file: an elevation to assume (repeatable)', collect)
    .option(
      '--on-call <list>',
      'with a file: an on-call list that the user is on (repeatable; others are unknown)',
      collect,
    )
    .action(
      (
        verb: string | undefined,
        resource: string | undefined,
        run: string[],
        { elevation, ...options }: Options & { elevation?: string[] },
      ) =>
        explain(
          environment,
          [verb, resource].filter((word) => word !== undefined),
          {
            ...options,
            ...(run.length === 0 ? {} : { command: run }),
            ...(elevation === undefined ? {} : { elevations: elevation }),
          },
        ),
    );
  withGateway(command).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy explain delete deployments/shop -n prod --cluster dev --user alice@example.com',
    'sallyport policy explain get secrets -n dev --policy policy.yaml --user alice@example.com --groups developers',
  );
}
