import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { AbsentPeriod } from '@sallyport/audit-proof';
import { findTrailFiles, isHeld, trailDirectory, type TrailFileName } from '@sallyport/audit-log/trail-files';
import { loadGatewayConfig, loadPolicyTools } from '../../config/load-gateway-config.ts';
import type { Environment } from '../../environment/environment.ts';
import { namedFileFault } from '../../files/read-file.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { openFile, takeFile } from './file-trail.ts';
import type { ReadTrail, TrailSource } from './topic-trail.ts';

type Hold = { from: number; until?: number | undefined };
/** A file that was read, and when its first and its last event happened. */
type ReadFile = TrailFileName & { first?: string; last?: string };

const second = 1000;

/** The directory of a trail, as it was given or as the configuration names it. */
export type TrailDirectory = { directory: string; holds: readonly Hold[] };

/** Returns the directory of the trail below `data` of a configuration, and its legal holds. */
export async function configuredDirectory(
  environment: Environment,
  named: string | undefined,
): Promise<TrailDirectory> {
  const { usesKafka } = await loadPolicyTools();
  const { config, file, resolvePath } = await loadGatewayConfig(environment, named);
  const { kafka, legalHolds: holds } = config.audit;
  if (kafka !== undefined)
    throw usageError(
      `${file} has audit.kafka, so its events are not in files`,
      usesKafka(kafka)
        ? 'Verify the topic with --topic. For an older trail in files, name its directory.'
        : 'Verify an export of them: sallyport audit export --out trail.ndjson',
    );
  return { directory: trailDirectory(resolvePath(config.data)), holds };
}

/** Returns the legal holds of a configuration, also of one whose events are not in files any more. */
export async function configuredHolds(environment: Environment, named: string): Promise<readonly Hold[]> {
  return (await loadGatewayConfig(environment, named)).config.audit.legalHolds;
}

/** Reports whether a name that the user gave is that of a directory. */
export function isDirectory(environment: Environment, name: string): boolean {
  const file = path.resolve(environment.workingDirectory, name);
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function listFiles(root: string): TrailFileName[] {
  try {
    return findTrailFiles(readdirSync(root));
  } catch (error) {
    throw namedFileFault(root, error);
  }
}

/**
 * Finds a trail in a directory, or in `trail` below it, because people name the data directory of a gateway. Returns the
 * directory as it can be named and as it is, and its files in their order. Throws a CliError if there are none.
 */
export function findTrail(
  environment: Environment,
  directory: string,
): { name: string; root: string; files: TrailFileName[] } {
  const below = trailDirectory(directory);
  for (const name of [directory, ...(isDirectory(environment, below) ? [below] : [])]) {
    const root = path.resolve(environment.workingDirectory, name);
    const files = listFiles(root);
    if (files.length > 0) return { name, root, files };
  }
  throw new CliError(
    'local-file',
    `${path.resolve(environment.workingDirectory, directory)} has no files of an audit trail`,
    'Their names are like 00000001-2026-12-01.ndjson. They are in the directory trail below data.',
  );
}

/**
 * Returns what deleted files leave out: everything before the oldest file unless that is the first one of all, and what
 * was between files of legal holds and younger ones. A process that died may have left a file without any event.
 */
function describeAbsence(files: readonly ReadFile[], holds: readonly Hold[]): ReadTrail {
  const firstFrom = (index: number) => files.slice(index).find(({ first }) => first !== undefined)?.first;
  const absent: AbsentPeriod[] = files.flatMap(({ number, day }, index) => {
    const next = firstFrom(index + 1);
    if (next === undefined || files[index + 1]!.number === number + 1 || !isHeld(day, holds)) return [];
    const last = files.slice(0, index + 1).findLast((file) => file.last !== undefined)?.last;
    return [{ from: last ?? new Date(day).toISOString(), until: after(next) }];
  });
  const first = firstFrom(0);
  if (first === undefined || files[0]!.number === 1) return { absent };
  return { absent, since: after(first), because: 'older files were deleted' };
}

/** Events that happened at the same time may be in the file before. */
const after = (time: string): string => new Date(Date.parse(time) + second).toISOString();

/**
 * Reads a trail from the directory in which a gateway without Kafka keeps it. The gateway may be writing meanwhile: an
 * unfinished last line is not a fault, and files that are deleted while they are read are left out.
 */
export function directoryTrail(environment: Environment, { directory, holds }: TrailDirectory): TrailSource {
  return async (verifier, onRead) => {
    const { name: named, root, files: listed } = findTrail(environment, directory);
    let files: ReadFile[] = [];
    let read: ReadTrail = {};
    for (const file of listed) {
      const source = path.join(named, file.name);
      const times: Pick<ReadFile, 'first' | 'last'> = {};
      const onTime = (time: string) => {
        times.first ??= time;
        times.last = time;
      };
      const taking = { verifier, mayGrow: file === listed.at(-1), onTime };
      try {
        read = { ...read, ...(await takeFile(openFile(path.join(root, file.name)), source, taking, onRead)) };
        files.push({ ...file, ...times });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT') throw code === undefined ? error : namedFileFault(source, error);
        // Deleted, and so are files that were read before. The trail begins with what is left, where a gap is a fault.
        const left = new Set(listFiles(root).map(({ name }) => name));
        files = files.filter(({ name }) => left.has(name));
      }
    }
    return { ...read, ...describeAbsence(files, holds) };
  };
}
