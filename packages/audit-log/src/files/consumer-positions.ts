import { join } from 'node:path';
import type { Logger } from '@sallyport/kit';
import { createDirectory, readJsonFile, writeJsonFile, type Files } from '@sallyport/spool';
import type { TrailPosition } from './trail.ts';

/** Where the consumers of a trail are. */
export type ConsumerPositions = {
  /** Returns where a consumer continues, or undefined if it is new. */
  of(name: string): TrailPosition | undefined;
  /** Resolves when the disk has the position. */
  save(name: string, position: TrailPosition): Promise<void>;
  /** Notes a position that is not saved yet. */
  note(name: string, position: TrailPosition): void;
  /** What the disk has of all consumers that ever were, by name. */
  readonly saved: ReadonlyMap<string, TrailPosition>;
  /** The same, with what was noted since. */
  readonly reached: ReadonlyMap<string, TrailPosition>;
};

const ending = '.json';

function isPosition(value: unknown): value is TrailPosition {
  const { file, offset } = (value ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(file) && Number.isSafeInteger(offset) && (offset as number) >= 0;
}

/** Reads the positions in a directory, which is created if it is missing. A file that cannot be read counts as none. */
export async function openConsumerPositions(files: Files, dir: string, logger: Logger): Promise<ConsumerPositions> {
  await createDirectory(dir, logger);
  const saved = new Map<string, TrailPosition>();
  for (const name of await files.list(dir)) {
    if (!name.endsWith(ending)) continue;
    const found = await readJsonFile(files, join(dir, name)).catch((error: Error) => error);
    if (isPosition(found)) saved.set(name.slice(0, -ending.length), found);
    else
      logger.error({ file: join(dir, name) }, 'the position of a consumer of audit events is damaged; it begins anew');
  }
  const reached = new Map(saved);
  return {
    saved,
    reached,
    of: (name) => reached.get(name),
    note: (name, position) => void reached.set(name, position),
    async save(name, { file, offset }) {
      await writeJsonFile(files, dir, `${name}${ending}`, { file, offset });
      saved.set(name, { file, offset });
    },
  };
}
