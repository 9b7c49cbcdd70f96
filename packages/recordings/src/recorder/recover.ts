import type { Files } from '@sallyport/spool';
import { findParts, type FoundParts } from '../disk/find-parts.ts';
import { pathOfFile, removeFile } from '../disk/part-files.ts';
import { pathOfLog, readLog, type ClosedPart } from '../disk/recording-log.ts';
import type { Space } from '../disk/space.ts';
import { publishRest } from './publish-cut.ts';
import { PublishedRecording, type PublishDeps } from './published-recording.ts';

type Found = ReadonlyMap<number, readonly string[]>;

/** Takes over one recording. Everything may be done twice: a process that is killed here leaves no less than it found. */
async function recoverOne(deps: PublishDeps & { files: Files }, space: Space, id: string, found: Found): Promise<void> {
  const { files, dir } = deps;
  const log = await readLog(files, pathOfLog(dir, id));
  const note = log.find((entry) => 'note' in entry)?.note;
  const share = space.share();
  const published = new PublishedRecording(deps, share, id, note);
  const known = new Map<number, ClosedPart>();
  for (const entry of log) if ('published' in entry) known.set(entry.published.part, entry.published);
  for (const [number, part] of known) {
    const names = found.get(number) ?? [];
    share.force(part.files.filter(({ name }) => names.includes(name)).reduce((sum, { bytes }) => sum + bytes, 0));
    published.resume(part, names);
  }
  await publishRest({ files, dir, share, published }, found);
  // A process that was killed before it could begin has left a log and nothing else.
  if (published.parts.length === 0) return removeFile(files, pathOfLog(dir, id));
  const isFinished = log.some((entry) => 'finished' in entry);
  const outcome = log.some((entry) => 'ended' in entry) ? 'complete' : 'cut';
  await published.finish(outcome, isFinished);
}

/**
 * Publishes and uploads what a dead process left, all recordings side by side. Resolves when all are published. One that
 * cannot be read stays for the process after this one.
 */
export async function recover(deps: PublishDeps, space: Space, found: FoundParts): Promise<void> {
  await Promise.all(
    [...found].map(([id, parts]) =>
      recoverOne(deps, space, id, parts).catch((error: unknown) => {
        if (deps.stopped.aborted) return;
        deps.logger.error({ recording: id, reason: (error as Error).message }, 'a recording cannot be recovered');
      }),
    ),
  );
}

/** Deletes the files of a recording that has not begun. What cannot be deleted looks like one that was cut. */
export async function discard(files: Files, dir: string, id: string): Promise<void> {
  const names = (await findParts(files, dir)).get(id)?.get(1) ?? [];
  for (const name of names) await removeFile(files, pathOfFile(dir, id, name));
  await removeFile(files, pathOfLog(dir, id));
}
