import type { Command } from 'commander';
import type { Explanation } from '@sallyport/contracts/answers';
import { askCluster, type ClusterAnswer } from '../ask/ask-cluster.ts';
import { askGateway, openPlace } from '../ask/ask-gateway.ts';
import { withAsked } from '../ask/question/asked-options.ts';
import { describeRights, listRights } from '../ask/list-rights.ts';
import { readAsked, type Asked, type AskedOptions } from '../ask/question/read-asked.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { canICommand } from '../ask/explain/next-steps.ts';
import { CliError, NegativeAnswer } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { render, type OutputFormat } from '../terminal/output.ts';
import { createPaint, type Paint } from '../terminal/paint.ts';
import type { Environment } from '../environment/environment.ts';
import { withExample, withGateway } from './command-kit.ts';

type Options = AskedOptions &
  GatewayNames & {
    cluster?: string;
    quiet?: boolean;
    policyOnly?: boolean;
    list?: boolean;
    output: OutputFormat;
  };
type GatewayAnswer = { allowed: boolean; rule?: string; reasons?: string[]; policyVersion?: string; reason: string };

function gatewayAnswer(found: { explanation: Explanation } | { hidden: string }): GatewayAnswer {
  if ('hidden' in found) return { allowed: false, reason: found.hidden };
  const { decision, detail } = found.explanation;
  const { rule, reasons, policyVersion } = decision;
  return { allowed: decision.effect === 'allow', rule, reasons, policyVersion, reason: detail ?? `rule "${rule}"` };
}

const answerWord = (allowed: boolean | undefined) => (allowed === undefined ? 'unknown' : allowed ? 'yes' : 'no');

function text(gateway: GatewayAnswer, cluster: ClusterAnswer | undefined, why: string, paint: Paint): string {
  const yes = gateway.allowed && cluster?.allowed !== false;
  const asked =
    cluster === undefined
      ? 'not asked, but must allow it too'
      : `${answerWord(cluster.allowed)}${cluster.reason === '' ? '' : ` - ${cluster.reason}`}`;
  const open = yes && cluster?.allowed !== true ? ' (by the gateway)' : '';
  return [
    `${yes ? paint('yes', 'good') : paint('no', 'bad')}${open}`,
    `  gateway's policy: ${answerWord(gateway.allowed)} - ${forTerminal(gateway.reason)}`,
    `  cluster's RBAC:   ${forTerminal(asked)}`,
    ...(gateway.allowed ? [] : [`  why: ${forTerminal(why)}`]),
    '',
  ].join('\n');
}

async function list(environment: Environment, options: Options): Promise<void> {
  if (options.allNamespaces === true || options.quiet === true || options.policyOnly === true)
    throw new CliError(
      'usage',
      '--list cannot be combined with -A, -q or --policy-only',
      'Write it like: sallyport can-i --list -n dev --cluster dev',
    );
  const { gateway, cluster, namespace } = await openPlace(environment, options);
  const where = options.namespace ?? namespace;
  const rights = await listRights(gateway, cluster, where);
  environment.stdout.write(
    await render(options.output, { cluster, namespace: where, ...rights }, () =>
      describeRights(rights, cluster, where),
    ),
  );
}

async function canI(environment: Environment, words: string[], options: Options): Promise<void> {
  if (options.list === true) {
    if (words.length > 0)
      throw new CliError(
        'usage',
        '--list takes no verb and no resource',
        'Write it like: sallyport can-i --list -n dev --cluster dev',
      );
    return list(environment, options);
  }
  const { gateway: opened, cluster, namespace } = await openPlace(environment, options);
  const warn = (note: string) => {
    if (options.quiet !== true) environment.stderr.write(`note: ${forTerminal(note)}\n`);
  };
  const asked: Asked = readAsked(words, options, { defaultNamespace: namespace, warn });
  const found = await askGateway(opened, asked, cluster);
  const gateway = gatewayAnswer(found);
  // If the gateway does not show the cluster, it lets no request through to it either.
  const ownAnswer =
    options.policyOnly === true || 'hidden' in found ? undefined : await askCluster(opened, asked, cluster);
  const allowed = gateway.allowed && ownAnswer?.allowed !== false;
  const why = canICommand({
    asked: { isResourceRequest: asked.path === undefined, method: '', ...asked, path: asked.path ?? '' },
    cluster,
  }).replace('can-i', 'policy explain');
  if (options.quiet !== true)
    environment.stdout.write(
      await render(options.output, { allowed, gateway, cluster: ownAnswer ?? null }, () =>
        text(gateway, ownAnswer, why, createPaint(environment)),
      ),
    );
  if (!allowed) throw new NegativeAnswer();
}

const moreHelp = `
Both the gateway's policy and the cluster's own RBAC must allow it. The cluster is asked through the gateway, with a
SelfSubjectAccessReview. The exit code is 0 if both allow it, or if the gateway does and the cluster could not be asked
(the output says so). Otherwise it is 1.`;

/** `sallyport can-i`. */
export function addCanI(program: Command, environment: Environment): void {
  const command = withAsked(
    program
      .command('can-i')
      .description("check whether the gateway's policy and the cluster allow you to do something"),
  )
    .option('--list', 'list what you may do in a namespace')
    .option('--policy-only', 'ask only the gateway')
    .option('-q, --quiet', 'print nothing; the exit code is the answer')
    .action((verb: string | undefined, resource: string | undefined, run: string[], options: Options) =>
      canI(
        environment,
        [verb, resource].filter((word) => word !== undefined),
        { ...options, ...(run.length === 0 ? {} : { command: run }) },
      ),
    );
  withGateway(command).addHelpText('after', moreHelp);
  withExample(
    command,
    'sallyport can-i exec pods/web -n dev --cluster dev',
    'sallyport can-i create deployments.apps -n prod --cluster dev -q && kubectl apply -f shop.yaml',
    'sallyport can-i get pods/web --subresource log -n dev',
    'sallyport can-i --list -n dev --cluster dev',
  );
}
