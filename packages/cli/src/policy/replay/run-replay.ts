import path from 'node:path';
import {
  createRecordedEvaluator,
  createReplayer,
  createSeenIds,
  createTally,
  type Proposal,
  type ReplayResult,
} from '@sallyport/policy/replay';
import { loadPolicyTools, type PolicyTools, configPath } from '../../config/load-gateway-config.ts';
import { refuseFaults, readPolicy } from '../load/read-policy.ts';
import { describeReplay } from './describe-replay.ts';
import { fileSource, type EventSource, kafkaSource, readBrokers, storeSource } from './event-sources.ts';
import { createProgress } from '../../terminal/progress.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { writeResult } from '../../terminal/output.ts';
import type { Environment } from '../../environment/environment.ts';
import { readMoment } from '../../audit/trail/trail-filters.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';
import { policiesOfConfig } from '../load/policies-of-config.ts';

/** The proposal: a whole configuration, or one policy that replaces all policies of a cluster. */
type ProposalOptions = { config: string } | { policy: string; cluster: string };

/** Reads the proposal. Faults end the command. */
function readProposal(environment: Environment, options: ProposalOptions, tools: PolicyTools): Proposal {
  if ('policy' in options) {
    const { policy } = readPolicy(environment, options.policy, `cluster/${options.cluster}`, tools);
    const policies = [policy];
    return { policiesFor: (cluster) => (cluster === options.cluster ? policies : 'other'), refusesUser: () => false };
  }
  const policies = policiesOfConfig(environment, options.config, tools);
  return {
    policiesFor: (cluster, namespace) => policies.of(cluster, namespace) ?? 'absent',
    refusesUser: policies.refusesUser,
  };
}

/** The options of `policy replay`, as the command parser returns them. */
export type ReplayOptions = GatewayOptions & {
  config?: string;
  policy?: string;
  cluster?: string;
  kafka?: string | true;
  topic: string;
  fromStore?: boolean;
  since?: string;
  until?: string;
  examples: string;
  failOnLoss?: boolean;
  failOnGain?: boolean;
  failOnInconclusive?: boolean;
  /** The name of `failOnInconclusive` before version 0.2.0. */
  failOnUnjudged?: boolean;
};

function proposalOf(environment: Environment, { config, policy, cluster }: ReplayOptions): ProposalOptions {
  if (policy === undefined && cluster === undefined) return { config: configPath(environment, config) };
  if (config !== undefined)
    throw usageError(
      '--config and --policy cannot be combined',
      'Propose a whole configuration, or one policy for one cluster (--policy FILE --cluster NAME).',
    );
  if (policy === undefined || cluster === undefined)
    throw usageError('--policy and --cluster need each other', 'Write --policy FILE --cluster NAME.');
  return { policy, cluster };
}

/** Returns the given brokers, or `audit.kafka` of the configuration. */
function kafkaOf(
  environment: Environment,
  options: ReplayOptions,
  tools: PolicyTools,
): { kafka: Parameters<PolicyTools['readKafkaAudit']>[0]['kafka']; resolvePath?: (file: string) => string } {
  if (options.kafka !== true) return { kafka: { brokers: readBrokers(options.kafka!), topic: options.topic } };
  const file = configPath(environment, options.config);
  const { config, faults } = tools.examineConfigFile(file, environment.env);
  if (!config) return refuseFaults(environment, file, faults, tools);
  const { kafka } = config.audit;
  if (!tools.usesKafka(kafka))
    throw usageError(`${file} has no audit.kafka`, 'Give the brokers, for example --kafka kafka:9092.');
  return { kafka, resolvePath: (name) => path.resolve(path.dirname(file), name) };
}

function sourceOf(
  environment: Environment,
  files: readonly string[],
  options: ReplayOptions,
  tools: PolicyTools,
): EventSource {
  const given = [files.length > 0, options.kafka !== undefined, options.fromStore === true].filter(Boolean).length;
  if (given !== 1)
    throw usageError(
      given === 0 ? 'no source of recorded events is given' : 'more than one source of recorded events is given',
      'Give files (or - for standard input), --kafka or --from-store.',
    );
  const since = options.since === undefined ? undefined : readMoment(options.since, environment);
  if (options.fromStore === true)
    return storeSource(environment, {
      gateway: options.gateway,
      context: options.context,
      since,
      until:
        options.until === undefined
          ? new Date(environment.now()).toISOString()
          : readMoment(options.until, environment),
    });
  if (options.kafka === undefined) return fileSource(environment, files);
  const { kafka, resolvePath } = kafkaOf(environment, options, tools);
  return kafkaSource(
    kafka,
    {
      since: since === undefined ? undefined : Date.parse(since),
      ...(resolvePath === undefined ? {} : { resolvePath }),
    },
    tools,
  );
}

function failures(result: ReplayResult, options: ReplayOptions): string[] {
  const { failOnLoss, failOnGain, failOnInconclusive = options.failOnUnjudged } = options;
  const some = (wanted: boolean | undefined, count: number, one: string, many: string) => {
    if (wanted !== true || count === 0) return [];
    return [count === 1 ? `1 request ${one}` : `${count.toLocaleString('en-US')} requests ${many}`];
  };
  const { lost, gained, inconclusive } = result;
  return [
    ...some(failOnLoss, lost.requests, 'that was allowed would be refused', 'that were allowed would be refused'),
    ...some(failOnGain, gained.requests, 'that was refused would be allowed', 'that were refused would be allowed'),
    ...some(failOnInconclusive, inconclusive.requests, 'is inconclusive', 'are inconclusive'),
  ];
}

function readExamples(text: string): number {
  if (!/^\d{1,3}$/.test(text))
    throw usageError(`"${text}" is not a number of examples from 0 to 999`, 'Write --examples 5.');
  return Number(text);
}

/** `sallyport policy replay`: evaluates recorded requests by a proposed policy, and reports what would change. */
export async function policyReplay(
  environment: Environment,
  files: readonly string[],
  options: ReplayOptions,
): Promise<void> {
  const examples = readExamples(options.examples);
  const tools = await loadPolicyTools();
  const source = sourceOf(environment, files, options, tools);
  const proposed = proposalOf(environment, options);
  const moment = (text: string | undefined) =>
    text === undefined ? undefined : Date.parse(readMoment(text, environment));
  const replayer = createReplayer({
    proposal: readProposal(environment, proposed, tools),
    evaluate: createRecordedEvaluator(),
    tally: createTally({ examples }),
    seen: createSeenIds(),
    since: moment(options.since),
    until: moment(options.until),
  });
  const progress = createProgress(environment);
  let read = 0;
  try {
    await source((events, unreadable) => {
      replayer.take(events);
      replayer.unreadable(unreadable);
      read += events.length + unreadable;
      progress.tell(() => `${read.toLocaleString('en-US')} events read ...`);
    });
  } finally {
    progress.end();
  }
  const result = replayer.result();
  if (result.events === 0) throw new CliError('failed', 'there are no events', 'Check the source and --since.');
  // A report about nothing would look as if nobody lost access.
  if (result.skipped.unreadable === result.events)
    throw new CliError(
      'failed',
      `none of the ${result.events.toLocaleString('en-US')} lines is an event`,
      'Give a file of audit events, one JSON object on each line, such as audit.ndjson of the demo.',
    );
  await writeResult(environment, options.output, result, () => describeReplay(result));
  const failed = failures(result, options);
  if (failed.length > 0)
    throw new CliError(
      'policy-differs',
      failed.join('; '),
      'The report above shows who is affected, and by which rule.',
    );
}
