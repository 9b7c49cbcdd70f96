import { parseJson } from '../../input/untrusted.ts';
import path from 'node:path';
import { createRecordingVerifier, createVerifier, type RecordingsReport, type Verifier } from '@sallyport/audit-proof';
import { readMoment } from '../trail/trail-filters.ts';
import type { Environment } from '../../environment/environment.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { writeResult } from '../../terminal/output.ts';
import { createProgress } from '../../terminal/progress.ts';
import type { ListOptions } from '../../terminal/table.ts';
import { describeRecordings } from './describe-recordings.ts';
import { describeTrail } from './describe-trail.ts';
import { configuredDirectory, configuredHolds, directoryTrail, isDirectory } from './directory-trail.ts';
import { fileTrail } from './file-trail.ts';
import { readKeys } from './read-keys.ts';
import { openStoredFiles } from './stored-files.ts';
import { storeTrail } from './store-trail.ts';
import { topicTrail, type TrailSource } from './topic-trail.ts';

export type VerifyOptions = ListOptions & {
  file?: readonly string[];
  byKey?: true;
  files?: true;
  topic?: true;
  store?: string | true;
  compareTopic?: true;
  config?: string;
  keys?: string;
  anchor?: string[];
  since?: string;
  recordings?: string | true;
};

async function sourceOf(environment: Environment, options: VerifyOptions): Promise<TrailSource> {
  const { file = [], byKey, files, topic, store, compareTopic = false, config } = options;
  const given = [file[0], files, topic, store].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw usageError(
      given === 0 ? 'no trail is given' : 'more than one trail is given',
      'Give files (or - for standard input) or a directory of them, --files, --topic, or --store.',
    );
  if (compareTopic && store === undefined)
    throw usageError('--compare-topic needs --store', 'Verify the topic itself with --topic.');
  if (files) return directoryTrail(environment, await configuredDirectory(environment, config));
  const directory = file.find((name) => name !== '-' && isDirectory(environment, name));
  if (directory !== undefined) {
    if (file.length > 1 || byKey)
      throw usageError(`${directory} is a directory, which is a trail of its own`, 'Give it alone, without --by-key.');
    const holds = config === undefined ? [] : await configuredHolds(environment, config);
    return directoryTrail(environment, { directory, holds });
  }
  if (file.length > 0) return fileTrail(environment, file, byKey === true);
  return topic === true
    ? topicTrail(environment, config)
    : storeTrail(environment, { config, url: store === true ? undefined : store, compareTopic });
}

/**
 * Takes the checkpoints of a second place: one in JSON on each line. A line may be the beginning of a later one: a full
 * disk cut it off, and the checkpoint was written again.
 */
function takeAnchor(environment: Environment, name: string, verifier: Verifier): void {
  const lines = readNamedFile(path.resolve(environment.workingDirectory, name)).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const found = parseJson(line);
    if (found === undefined && lines.some((later, at) => at > index && later.startsWith(line))) continue;
    const checkpoint = typeof found === 'object' && found !== null ? found : {};
    verifier.addAnchored({ checkpoint, place: { source: name, position: index + 1 } });
  }
}

/** Returns a verifier that passes the events on to one of recordings, too. */
const withEvents = (verifier: Verifier, recordings: Pick<Verifier, 'add'>): Verifier => ({
  ...verifier,
  add(event) {
    verifier.add(event);
    recordings.add(event);
  },
});

/** Compares the recordings in the trail with the files in their store. */
async function verifyRecordings(
  environment: Environment,
  { recordings: given, config }: VerifyOptions,
  verifier: ReturnType<typeof createRecordingVerifier>,
  since: string | undefined,
): Promise<RecordingsReport> {
  const directory = given === true ? undefined : given;
  const store = await openStoredFiles(environment, { directory, config });
  const progress = createProgress(environment);
  let count = 0;
  const read: typeof store.read = (recording, file) => {
    count += 1;
    progress.tell(() => `${count.toLocaleString('en-US')} files of recordings read ...`);
    return store.read(recording, file);
  };
  try {
    return await verifier.finish(read, since === undefined ? {} : { since });
  } finally {
    progress.end();
    store.close();
  }
}

/** `sallyport audit verify`: verifies a trail offline, and names the events that are wrong. */
export async function runVerify(environment: Environment, options: VerifyOptions): Promise<void> {
  const source = await sourceOf(environment, options);
  const keys = readKeys(environment, options.keys);
  if (options.anchor && !keys)
    throw usageError('--anchor needs --keys', 'Give the public keys, because the checkpoints are signed.');
  const since = options.since === undefined ? undefined : readMoment(options.since, environment);
  const recordings = options.recordings === undefined ? undefined : createRecordingVerifier();
  const chains = createVerifier(keys ? { keys } : {});
  const verifier = recordings === undefined ? chains : withEvents(chains, recordings);
  for (const name of options.anchor ?? []) takeAnchor(environment, name, verifier);
  const progress = createProgress(environment);
  let count = 0;
  const read = await source(verifier, (more) => {
    count += more;
    progress.tell(() => `${count.toLocaleString('en-US')} events read ...`);
  }).finally(() => progress.end());
  if (read.filtered !== undefined)
    throw new CliError(
      'failed',
      `this trail cannot be verified: ${read.filtered}`,
      'Export it without filters: sallyport audit export',
    );
  if (count === 0) throw new CliError('failed', 'there are no events', 'Check the source.');
  const from = since ?? read.since;
  if (since === undefined && read.since !== undefined)
    environment.stderr.write(
      `Note: ${read.because ?? 'older events are not there'}, so the trail is verified from the first checkpoint after ${read.since} on.\n`,
    );
  const { absent = [] } = read;
  for (const { from: begin, until } of absent)
    environment.stderr.write(
      `Note: retention deleted the days between legal holds and the others, so nothing is demanded from ${begin} to ${until}.\n`,
    );
  const report = verifier.finish({ absent, ...(from === undefined ? {} : { since: from }) });
  const ofRecordings = recordings && (await verifyRecordings(environment, options, recordings, from));
  await writeResult(
    environment,
    options.output,
    ofRecordings ? { ...report, recordings: ofRecordings } : report,
    () => `${describeTrail(environment, report, options)}${ofRecordings ? describeRecordings(ofRecordings) : ''}`,
  );
  const faults = report.faultCount + (ofRecordings?.faultCount ?? 0);
  if (faults > 0)
    throw new CliError(
      'failed',
      faults === 1 ? 'the trail has a fault' : `the trail has ${faults} faults`,
      'The report names what is wrong.',
    );
}
