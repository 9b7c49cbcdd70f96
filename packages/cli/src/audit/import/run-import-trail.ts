import path from 'node:path';
import { createVerifier, type TrailReport } from '@sallyport/audit-proof';
import type { KafkaConfig } from '@sallyport/contracts';
import { loadGatewayConfig, loadPolicyTools, type PolicyTools } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { fieldOf } from '../../input/untrusted.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { writeResult, type OutputFormat } from '../../terminal/output.ts';
import { createProgress } from '../../terminal/progress.ts';
import { describeTrail } from '../verify/describe-trail.ts';
import { directoryTrail, findTrail } from '../verify/directory-trail.ts';
import { readKeys } from '../verify/run-verify.ts';
import { createKnownEvents, type KnownEvents } from './known-events.ts';
import { sendTrail, type ImportTarget, type Sent } from './send-trail.ts';
import { surveyTrail, type Survey } from './survey-trail.ts';

export type ImportOptions = {
  from?: string;
  config?: string;
  keys?: string;
  dryRun?: true;
  allowFaults?: true;
  output: OutputFormat;
};

/** What an import needs of Kafka and of the store. */
export type ImportTargets = ImportTarget & {
  /** Reads the topic to its current end. Calls `onEvent` with the place of each event in its chain. */
  readKnown(onEvent: (producer: string, seq: number) => void): Promise<void>;
  /** Lets the store go on with the checkpoints of the trail. Undefined if the store cannot be written from here. */
  continueCheckpoints?(survey: Survey): Promise<number>;
  close(): Promise<void>;
};

type Loaded = Awaited<ReturnType<typeof loadGatewayConfig>>;
export type OpenTargets = (loaded: Loaded, tools: PolicyTools, isDryRun: boolean) => Promise<ImportTargets>;

/** Reports whether the broker does not have the topic, however many errors of kafkajs wrap its answer. */
function isUnknownTopic(error: unknown): boolean {
  const { type, cause } = error as { type?: unknown; cause?: unknown };
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || (cause != null && isUnknownTopic(cause));
}

function kafkaOf({ config, file }: Loaded): KafkaConfig {
  const { kafka } = config.audit;
  if (kafka !== undefined && !('memory' in kafka)) return kafka;
  throw usageError(`${file} has no audit.kafka`, 'Name the configuration with the Kafka to which the gateway moves.');
}

/** Opens the topic in `audit.kafka` and the store in `audit.store`. A dry run writes to neither. */
const openTargets: OpenTargets = async (loaded, tools, isDryRun) => {
  const { config, file, resolvePath } = loaded;
  const { store } = config.audit;
  const kafka = kafkaOf(loaded);
  const logger = tools.createLogger({ service: 'audit-import', level: 'silent' });
  const sender = isDryRun ? undefined : tools.createEventSender({ kafka, logger, resolvePath });
  await sender?.opened;
  return {
    async readKnown(onEvent) {
      try {
        await tools.readKafkaAudit({
          kafka,
          resolvePath,
          onEvents(events) {
            for (const { data } of events) {
              const part = fieldOf(data, 'sallyport');
              const [producer, seq] = [fieldOf(part, 'producer'), fieldOf(part, 'seq')];
              if (typeof producer === 'string' && Number.isSafeInteger(seq)) onEvent(producer, seq as number);
            }
          },
        });
      } catch (error) {
        if (isDryRun && isUnknownTopic(error)) return;
        throw new CliError(
          'unreachable',
          `the audit topic ${kafka.topic} cannot be read from ${kafka.brokers.join(', ')}: ${(error as Error).message}`,
          `Check audit.kafka in ${file}, and that its user may read and write the topic.`,
          { cause: error },
        );
      }
    },
    send: async (records) => sender?.send(records),
    ...(store && 'postgres' in store
      ? {
          async continueCheckpoints({ checkpoints, begins }) {
            const { continueCheckpoints } = await tools.loadStoredTrail();
            return continueCheckpoints(store.postgres, { checkpoints, begins: begins() });
          },
        }
      : {}),
    close: async () => sender?.close(),
  };
};

/** Verifies the trail, and surveys it. Throws a CliError if it has faults, unless they are allowed. */
async function checkTrail(
  environment: Environment,
  trail: { directory: string; holds: Loaded['config']['audit']['legalHolds'] },
  { keys: keysFile, allowFaults, output }: ImportOptions,
  onRead: (count: number) => void,
): Promise<{ survey: Survey; report: TrailReport }> {
  const keys = readKeys(environment, keysFile);
  const { verifier, survey } = surveyTrail(createVerifier(keys ? { keys } : {}));
  const read = await directoryTrail(environment, trail)(verifier, onRead);
  const { since, absent = [] } = read;
  const report = verifier.finish({ absent, ...(since === undefined ? {} : { since }) });
  if (report.faultCount > 0 && !allowFaults) {
    await writeResult(environment, output, report, () => describeTrail(environment, report, { output, headers: true }));
    throw new CliError(
      'failed',
      `the trail has ${report.faultCount} ${report.faultCount === 1 ? 'fault' : 'faults'}, so nothing was imported`,
      'The report names the events. To import it with its faults, add --allow-faults.',
    );
  }
  return { survey, report };
}

async function carryCheckpoints(targets: ImportTargets, survey: Survey, isDryRun: boolean, environment: Environment) {
  if (survey.checkpoints.length === 0) return 0;
  if (!targets.continueCheckpoints) {
    environment.stderr.write(
      'Note: the checkpoints of the trail can only be continued in audit.store.postgres. Another store signs its own from number 1 on, which `sallyport audit verify` reports.\n',
    );
    return 0;
  }
  if (isDryRun) return survey.checkpoints.length;
  try {
    return await targets.continueCheckpoints(survey);
  } catch (error) {
    if ((error as Error).name === 'ForeignCheckpointsError')
      throw new CliError(
        'failed',
        `${(error as Error).message}, so nothing was imported`,
        'Import a trail before the gateway starts with the new store.',
      );
    throw new CliError(
      'unreachable',
      `the audit store cannot be written: ${(error as Error).message}`,
      'Check audit.store.postgres, and that its user may create tables.',
      { cause: error },
    );
  }
}

const many = (count: number, one: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : `${one}s`}`;

type ImportResult = Sent & { checkpoints: number; faults: number; dryRun: boolean };

function describeImport({ sent, known, skipped, checkpoints, faults, dryRun }: ImportResult, topic: string): string {
  return [
    `${dryRun ? 'Would import' : 'Imported'} ${many(sent, 'event')} into ${topic}.`,
    ...(known > 0 ? [`${many(known, 'event')} ${known === 1 ? 'was' : 'were'} there already.`] : []),
    ...(skipped > 0 ? [`${many(skipped, 'line')} that ${skipped === 1 ? 'is' : 'are'} no event stayed behind.`] : []),
    ...(faults > 0 ? [`The trail has ${many(faults, 'fault')}, which \`sallyport audit verify\` names.`] : []),
    ...(checkpoints > 0
      ? [`The store ${dryRun ? 'would go' : 'goes'} on after ${many(checkpoints, 'checkpoint')}.`]
      : []),
    '',
  ].join('\n');
}

/** `sallyport audit import`: carries a trail in files to Kafka, with its chains. */
export const auditImport = (environment: Environment, options: ImportOptions): Promise<void> =>
  runImportTrail(environment, options, openTargets);

/** Carries a trail to the targets that `open` opens. */
export async function runImportTrail(
  environment: Environment,
  options: ImportOptions,
  open: OpenTargets,
): Promise<void> {
  const loaded = await loadGatewayConfig(environment, options.config);
  const { config, resolvePath } = loaded;
  const { topic } = kafkaOf(loaded);
  const isDryRun = options.dryRun === true;
  const directory = options.from ?? path.join(resolvePath(config.data), 'trail');
  const tools = await loadPolicyTools();
  const progress = createProgress(environment);
  let count = 0;
  const tell = (what: string) => (more: number) => {
    count += more;
    progress.tell(() => `${count.toLocaleString('en-US')} events ${what} ...`);
  };
  let targets: ImportTargets | undefined;
  try {
    const { root, files } = findTrail(environment, directory);
    const trail = { directory, holds: config.audit.legalHolds };
    const { survey, report } = await checkTrail(environment, trail, options, tell('verified'));
    targets = await open(loaded, tools, isDryRun);
    const known: KnownEvents = createKnownEvents(survey.lasts);
    count = 0;
    const onKnown = tell('of the topic read');
    await targets.readKnown((producer, seq) => {
      known.add(producer, seq);
      onKnown(1);
    });
    const checkpoints = await carryCheckpoints(targets, survey, isDryRun, environment);
    count = 0;
    const target: ImportTarget = isDryRun ? { send: async () => undefined } : targets;
    const sent = await sendTrail(root, files, { environment, tools, known, target, onRead: tell('sent') });
    progress.end();
    const result: ImportResult = { ...sent, checkpoints, faults: report.faultCount, dryRun: isDryRun };
    await writeResult(environment, options.output, result, () => describeImport(result, topic));
  } finally {
    progress.end();
    await targets?.close();
  }
}
