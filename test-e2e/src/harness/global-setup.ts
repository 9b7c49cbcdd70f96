// Run by jest before the whole-system tests, with the type stripping of Node.js. Starts the bed that they share.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { startBed, type Bed, type BedDescription, type BedNeed } from '@sallyport/bed';
import { beginAuditCounts } from './audit-counts.ts';
import { bedFileOf } from './bed-file.ts';
import { buildImage } from './build-image.ts';

const needed: readonly BedNeed[] = [
  'node',
  'redis',
  'kafka',
  'postgres',
  'kubectl',
  'helm',
  'chromium',
  'haproxy',
  'nginx',
  'scim2-tester',
  'k9s',
  'h2spec',
  'prometheus',
  'python-clients',
];

/** What the tests need that run Sallyport as pods. */
const neededByPods: readonly BedNeed[] = ['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm', 'checkov'];

/** The directory for everything that the run writes. */
let directory: string | undefined;

type Holder = { sallyportBeds?: Bed[] };

/** Ends what this process and its workers have started apart from the beds: the services of running gateways. */
function endChildren(of: number): void {
  try {
    const children = readFileSync(`/proc/${of}/task/${of}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== '')
      .map(Number);
    for (const pid of children) {
      endChildren(pid);
      process.kill(pid, 'SIGTERM');
    }
  } catch {
    /* already ended, or no such file: Ctrl-C in a terminal reaches them anyway */
  }
}

/** Stops the bed when the run is interrupted, because jest would just exit. */
function stopOnSignals(giveUp: AbortController): void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      giveUp.abort(new Error(`stopped by ${signal}`));
      void Promise.allSettled(((globalThis as Holder).sallyportBeds ?? []).map((bed) => bed.stop())).finally(() => {
        endChildren(process.pid);
        if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
        process.exit(codes[signal]);
      });
    });
  }
}

/** Starts a bed that is stopped when the run ends. */
async function startOwn(need: readonly BedNeed[], signal: AbortSignal): Promise<Bed> {
  const onProgress = (line: string) => process.stderr.write(`bed: ${line}\n`);
  const bed = await startBed({ need, onProgress, signal });
  const holder = globalThis as Holder;
  holder.sallyportBeds = [...(holder.sallyportBeds ?? []), bed];
  if (process.env['CI'] === 'true' && bed.missing.length > 0) {
    await Promise.all(holder.sallyportBeds.map((one) => one.stop()));
    throw new Error(
      `CI=true, but this machine lacks what the whole-system tests need:\n${bed.missing.map((each) => `  ${each.missing}: ${each.why}. ${each.hint}`).join('\n')}`,
    );
  }
  return bed;
}

/** Builds the image of the services and puts it on the node. If it cannot be built, the bed lacks pods. */
async function loadServices(bed: Bed, into: string): Promise<void> {
  if (!bed.cluster?.network) return;
  process.stderr.write('bed: building the image of the services\n');
  try {
    const { archive } = await buildImage(into);
    await bed.cluster.loadImage(archive);
    process.stderr.write('bed: the image is on the node\n');
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    bed.missing.push({ missing: 'pods', why: `no image: ${(error as Error).message}`, hint: 'Run `npm run image`.' });
  }
}

/** Starts the bed of the tests that run Sallyport as pods, with the image of the services. */
async function setUpPods(signal: AbortSignal): Promise<void> {
  const bed = await startOwn(neededByPods, signal);
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-pods-'));
  await loadServices(bed, path.join(directory, 'image'));
  const file = path.join(directory, 'bed.json');
  writeFileSync(file, JSON.stringify(bed.describe()));
  process.env['SALLYPORT_BED_FILE'] = file;
}

/**
 * Starts the bed, unless SALLYPORT_BED_FILE names one that is already running, and sets that variable to the file with
 * its description. A second worker gets its own Redis, because Redis delivers published messages in all databases, and
 * so to the gateways of the other worker.
 */
export default async function globalSetup(
  { maxWorkers }: { maxWorkers: number },
  project: { displayName?: { name: string } } = {},
): Promise<void> {
  beginAuditCounts();
  const given = process.env['SALLYPORT_BED_FILE'];
  const withPods = ['pods', 'upgrade'].includes(project.displayName?.name ?? '');
  if (given !== undefined && maxWorkers === 1 && !withPods) return;
  const giveUp = new AbortController();
  stopOnSignals(giveUp);
  if (withPods) return setUpPods(giveUp.signal);
  const bed: BedDescription =
    given === undefined
      ? (await startOwn(needed, giveUp.signal)).describe()
      : (JSON.parse(readFileSync(given, 'utf8')) as BedDescription);
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-e2e-'));
  const file = path.join(directory, 'bed.json');
  writeFileSync(file, JSON.stringify(bed));
  for (let worker = 2; worker <= maxWorkers; worker += 1) {
    const { redis } = (await startOwn(['redis'], giveUp.signal)).describe();
    writeFileSync(bedFileOf(file, String(worker)), JSON.stringify({ ...bed, redis }));
  }
  process.env['SALLYPORT_BED_FILE'] = file;
}
