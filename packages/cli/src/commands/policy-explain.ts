import type { Command } from 'commander';
import { askGateway, openPlace } from '../ask/ask-gateway.ts';
import { withAsked } from '../ask/asked-options.ts';
import { readAsked, type AskedOptions } from '../ask/read-asked.ts';
import { describeExplanation } from '../policy/explain/describe-explanation.ts';
import { explainFiles, type Offline } from '../policy/explain/explain-files.ts';
import type { Explanation } from '../policy/explain/explanation.ts';
import { nextSteps } from '../policy/explain/next-steps.ts';
import { readPerson, withPerson, type PersonOptions } from '../policy/explain/person-options.ts';
import { loadPolicyTools } from '../policy/engine/policy-tools.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { OutputFormat } from '../terminal/output.ts';
import { renderAlsoYaml } from '../terminal/render-yaml.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';

type Options = AskedOptions & PersonOptions & Offline & { gateway?: string; output: OutputFormat | 'yaml' };

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];
const hiddenHint =
  'If the name is right, no rule gives you anything there: ask whoever runs the gateway for access, and tell them who you are ("sallyport whoami").';

async function find(environment: Environment, words: string[], options: Options): Promise<Explanation> {
  const person = readPerson(options);
  const warn = (text: string) => environment.stderr.write(`note: ${forTerminal(text)}\n`);
  if (options.policy !== undefined && options.config !== undefined)
    throw new CliError(
      'usage',
      '--policy and --config are two different things to explain',
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
  if (options.now !== undefined || options.elevations !== undefined)
    throw new CliError(
      'usage',
      '--now and --elevation go with --policy or --config',
      'The gateway answers for this moment, and for what is held now.',
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
    await renderAlsoYaml(options.output, { ...explanation, next: nextSteps(explanation) }, () =>
      describeExplanation(explanation),
    ),
  );
}

const moreHelp = `
Without --policy and --config the gateway is asked, about your own session; about somebody else (--user) only
for those whom api.policy.policy names. With --user alone, their latest session says which groups they have.`;

/** `sallyport policy explain`. */
export function addPolicyExplain(policy: Command, environment: Environment): void {
  const command = withPerson(
    withAsked(
      policy
        .command('explain')
        .description('say why a request would be let through or refused, rule by rule, and what to do about it'),
    ),
  )
    .option('--verb <verb>', 'in place of words: the verb')
    .option('--resource <resource>', 'in place of words: resource[.group][/subresource], as policies write it')
    .option('--name <name>', 'with it: the name')
    .option('--path <path>', 'in place of words: the path of a request')
    .option('--method <method>', 'with it: the method (default: GET)')
    .option('--policy <file>', 'explain by a policy document, without a gateway')
    .option('--config <file>', 'explain by the policies of a configuration, without a gateway')
    .option('--now <time>', 'with a file: the time to assume')
    .option('--elevation <name>', 'with a file: an elevation to assume; may be given again', collect)
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
  withGateway(command, ['yaml']).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport policy explain exec pods/web -n dev --cluster dev',
    'sallyport policy explain delete deployments/shop -n prod --cluster dev --user alice@example.com',
    'sallyport policy explain get secrets -n dev --policy policy.yaml --user alice@example.com --groups developers',
  );
}
