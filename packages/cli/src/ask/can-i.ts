import { ruleLabel, type Explanation } from '@sallyport/contracts/answers';
import { openPlace } from '../gateway/open-gateway.ts';
import { askCluster, type ClusterAnswer } from './ask-cluster.ts';
import { askGateway } from './ask-gateway.ts';
import { findHelpfulElevation } from './find-helpful-elevation.ts';
import { describeRights, listRights } from './list-rights.ts';
import { readAsked, type Asked, type AskedOptions } from './question/read-asked.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { recordingWords } from './explain/describe-explanation.ts';
import { canICommand } from './explain/next-steps.ts';
import { NegativeAnswer, usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { type OutputFormat, writeResult } from '../terminal/output.ts';
import { createPaint, type Paint } from '../terminal/paint.ts';
import type { Environment } from '../environment/environment.ts';

export type CanIOptions = AskedOptions &
  GatewayNames & {
    cluster?: string;
    quiet?: boolean;
    policyOnly?: boolean;
    list?: boolean;
    output: OutputFormat;
  };
type GatewayAnswer = {
  allowed: boolean;
  rule?: string;
  ruleName?: string | undefined;
  reasons?: string[];
  policyVersion?: string;
  reason: string;
  /** Whether the session that the request opens is recorded. */
  recording?: Explanation['recording'];
};

function gatewayAnswer(found: { explanation: Explanation } | { hidden: string }): GatewayAnswer {
  if ('hidden' in found) return { allowed: false, reason: found.hidden };
  const { decision, detail, recording } = found.explanation;
  const { rule, ruleName, reasons, policyVersion } = decision;
  const reason = detail ?? `rule "${ruleLabel(decision)}"`;
  return { allowed: decision.effect === 'allow', rule, ruleName, reasons, policyVersion, reason, recording };
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
    ...(gateway.recording === undefined ? [] : [`  recording:        ${recordingWords[gateway.recording]}`]),
    ...(gateway.allowed ? [] : [`  why: ${forTerminal(why)}`]),
    '',
  ].join('\n');
}

async function list(environment: Environment, options: CanIOptions): Promise<void> {
  if (options.allNamespaces === true || options.quiet === true || options.policyOnly === true)
    throw usageError(
      '--list cannot be combined with -A, -q or --policy-only',
      'Write it like: sallyport can-i --list -n dev --cluster dev',
    );
  const { gateway, cluster, namespace } = await openPlace(environment, options);
  const where = options.namespace ?? namespace;
  const rights = await listRights(gateway, cluster, where);
  await writeResult(environment, options.output, { cluster, namespace: where, ...rights }, () =>
    describeRights(rights, cluster, where),
  );
}

export async function canI(environment: Environment, words: string[], options: CanIOptions): Promise<void> {
  if (options.list === true) {
    if (words.length > 0)
      throw usageError(
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
  if (options.quiet !== true) {
    // The policy's own refusal names an elevation that would help.
    const helps = gateway.allowed && !allowed ? await findHelpfulElevation(opened, asked, cluster) : undefined;
    const answer = { allowed, gateway, cluster: ownAnswer ?? null, ...(helps && { elevation: helps.name }) };
    await writeResult(
      environment,
      options.output,
      answer,
      () =>
        `${text(gateway, ownAnswer, why, createPaint(environment))}${helps ? `  with more rights: ${forTerminal(helps.command)}\n` : ''}`,
    );
  }
  if (!allowed) throw new NegativeAnswer();
}
