import type { Explanation } from '@sallyport/contracts/answers';
import { openPlace } from '../gateway/open-gateway.ts';
import { askGateway } from './ask-gateway.ts';
import { readAsked, type AskedOptions } from './question/read-asked.ts';
import type { GatewayNames } from '../gateway/find-gateway.ts';
import { describeExplanation } from './explain/describe-explanation.ts';
import { explainFiles, type Offline } from './explain/explain-files.ts';
import { nextSteps } from './explain/next-steps.ts';
import { readPerson, type PersonOptions } from './explain/person-options.ts';
import { loadPolicyTools } from '../config/load-gateway-config.ts';
import { CliError, usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { type OutputFormat, writeResult } from '../terminal/output.ts';
import { createPaint } from '../terminal/paint.ts';
import type { Environment } from '../environment/environment.ts';

export type ExplainOptions = AskedOptions & PersonOptions & Offline & GatewayNames & { output: OutputFormat };

const hiddenHint =
  'If the name is correct, no rule gives you access there. Ask the operator of the gateway for access, and tell them who you are ("sallyport whoami").';

async function find(environment: Environment, words: string[], options: ExplainOptions): Promise<Explanation> {
  const person = readPerson(options);
  const warn = (text: string) => environment.stderr.write(`note: ${forTerminal(text)}\n`);
  if (options.policy !== undefined && options.config !== undefined)
    throw usageError('--policy and --config cannot be combined', 'Give one of them, or neither to ask the gateway.');
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
    throw usageError(
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

export async function explainDecision(
  environment: Environment,
  words: string[],
  options: ExplainOptions,
): Promise<void> {
  const explanation = await find(environment, words, options);
  await writeResult(environment, options.output, { ...explanation, next: nextSteps(explanation) }, () =>
    describeExplanation(explanation, createPaint(environment)),
  );
}
