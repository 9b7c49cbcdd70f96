import type { Files } from '@sallyport/spool';
import { describePart, findParts } from '../disk/find-parts.ts';
import type { Share } from '../disk/space.ts';
import type { PublishedRecording } from './published-recording.ts';
import type { RecorderOptions } from './recorder.ts';
import { persist } from './waits.ts';

/** Publishes the parts of a recording that are on the disk and not published yet, as they are, in order. */
export async function publishRest(
  { files, dir, share, published }: { files: Files; dir: string; share: Share; published: PublishedRecording },
  names: ReadonlyMap<number, readonly string[]>,
): Promise<void> {
  for (const [part, ofPart] of [...names].toSorted(([one], [other]) => one - other)) {
    if (published.parts.some((other) => other.part === part)) continue;
    const described = await describePart(files, dir, published.id, part, ofPart);
    if (!described) continue;
    share.force(described.files.reduce((sum, { bytes }) => sum + bytes, 0));
    published.add(described);
  }
}

/** Publishes what there is of a recording whose disk has failed, when the disk answers again. */
export async function publishCut(deps: {
  files: Files;
  dir: string;
  share: Share;
  published: PublishedRecording;
  logger: RecorderOptions['logger'];
  stopped: AbortSignal;
}): Promise<void> {
  const { files, dir, published, logger, stopped } = deps;
  await persist(
    async () => publishRest(deps, (await findParts(files, dir)).get(published.id) ?? new Map()),
    stopped,
    ({ message: reason }) => logger.warn({ recording: published.id, reason }, 'a recording cannot be read back yet'),
  );
  await published.finish('cut');
}
