import path from 'node:path';
import { trailDirectory } from '@sallyport/audit-log/trail-files';
import { createTrailSurvey, createVerifier, type CarriedTrail, type TrailReport } from '@sallyport/audit-proof';
import { loadGatewayConfig, loadPolicyTools } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { writeResult, type OutputFormat } from '../../terminal/output.ts';
import { createProgress } from '../../terminal/progress.ts';
import { describeTrail } from '../verify/describe-trail.ts';
import { directoryTrail, findTrail, type TrailDirectory } from '../verify/directory-trail.ts';
import { readKeys } from '../verify/read-keys.ts';
import { holdTrail } from './hold-trail.ts';
import { createKnownEvents, type KnownEvents } from './known-events.ts';
import { kafkaOf, openTargets, type ImportTargets, type OpenTargets } from './open-targets.ts';
import { sendTrail, type ImportTarget, type Sent } from './send-trail.ts';

export type ImportOptions = {
  from?: string;
  config?: string;
  keys?: string;
  dryRun?: true;
  allowFaults?: true;
  output: OutputFormat;
};

/** Verifies the trail, and notes its events as expected. Throws a CliError if it has faults, unless they are allowed. */
async function checkTrail(
  environment: Environment,
  { trail, known, onRead }: { trail: TrailDirectory; known: KnownEvents; onRead: (count: number) => void },
  { keys: keysFile, allowFaults, output }: ImportOptions,
): Promise<{ carried: CarriedTrail; report: TrailReport }> {
  const keys = readKeys(environment, keysFile);
  const verifier = createVerifier(keys ? { keys } : {});
  const survey = createTrailSurvey(keys ? { keys } : {});
  const surveying = {
    ...verifier,
    add(event: Parameters<typeof verifier.add>[0]) {
      known.expect(event.data);
      survey.add(event);
      verifier.add(event);
    },
  };
  const { since, absent = [] } = await directoryTrail(environment, trail)(surveying, onRead);
  const read = { absent, ...(since === undefined ? {} : { since }) };
  const report = verifier.finish(read);
  if (report.faultCount > 0 && !allowFaults) {
    await writeResult(environment, output, report, () => describeTrail(environment, report, { output, headers: true }));
    throw new CliError(
      'failed',
      `the trail has ${report.faultCount} ${report.faultCount === 1 ? 'fault' : 'faults'}, so nothing was imported`,
      'The report names the events. To import it with its faults, add --allow-faults.',
    );
  }
  return { carried: survey.carried(read), report };
}

async function carryCheckpoints(
  targets: ImportTargets,
  carried: CarriedTrail,
  isDryRun: boolean,
  environment: Environment,
): Promise<number> {
  const { checkpoints, begins } = carried;
  if (checkpoints.length + begins.length === 0 || targets.hasTrail) return 0;
  if (!targets.continueCheckpoints) {
    if (checkpoints.length === 0) return 0;
    environment.stderr.write(
      'Note: the checkpoints of the trail can only be continued in audit.store.postgres. Another new store signs its own from number 1 on, which `sallyport audit verify` reports.\n',
    );
    return 0;
  }
  if (isDryRun) return checkpoints.length;
  try {
    return await targets.continueCheckpoints(carried);
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
    ...(skipped > 0
      ? [
          `${many(skipped, 'line')} ${skipped === 1 ? 'is not an event and was' : 'are not events and were'} not imported.`,
        ]
      : []),
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
  const tools = await loadPolicyTools();
  const { topic } = kafkaOf(loaded, tools);
  const isDryRun = options.dryRun === true;
  const { data, audit } = config;
  const directory = options.from ?? trailDirectory(resolvePath(data));
  const { root } = findTrail(environment, directory);
  const spool = audit.spool && path.join(resolvePath(audit.spool.dir), 'sallyport');
  const release = await holdTrail(root, spool, tools);
  const progress = createProgress(environment);
  let count = 0;
  const tell = (what: string) => (more: number) => {
    count += more;
    progress.tell(() => `${count.toLocaleString('en-US')} events ${what} ...`);
  };
  let targets: ImportTargets | undefined;
  try {
    const known = createKnownEvents();
    const trail = { directory, holds: audit.legalHolds };
    const { carried, report } = await checkTrail(environment, { trail, known, onRead: tell('verified') }, options);
    targets = await open(loaded, tools, isDryRun);
    count = 0;
    const onKnown = tell('of the topic read');
    await targets.readKnown((id, event) => {
      known.add(id, event);
      onKnown(1);
    });
    const checkpoints = await carryCheckpoints(targets, carried, isDryRun, environment);
    count = 0;
    const target: ImportTarget = isDryRun ? { send: async () => undefined } : targets;
    const { files } = findTrail(environment, directory);
    const sent = await sendTrail(root, files, { environment, tools, known, target, onRead: tell('sent') });
    progress.end();
    const result: ImportResult = { ...sent, checkpoints, faults: report.faultCount, dryRun: isDryRun };
    await writeResult(environment, options.output, result, () => describeImport(result, topic));
  } finally {
    progress.end();
    await targets?.close();
    release();
  }
}
