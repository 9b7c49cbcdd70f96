import { join } from 'node:path';
import type { Logger } from '@sallyport/kit';
import { createDirectory, readJsonFile, writeJsonFile, type Files } from '@sallyport/spool';
import type { TrailPosition } from './trail.ts';

/** Where the consumers of a trail are. */
export type ConsumerPositions = {
  /** Returns where a consumer that writes into `store` continues, or undefined if it is new there. */
  of(name: string, store: string | undefined): TrailPosition | undefined;
  /** Returns what a consumer writes into, as the disk has it. */
  storeOf(name: string): string | undefined;
  /** Resolves when the disk has the position. */
  save(name: string, position: TrailPosition, store: string | undefined): Promise<void>;
  /** Notes a position that is not saved yet. */
  note(name: string, position: TrailPosition): void;
  /** What the disk has of all consumers that ever were, by name. */
  readonly saved: ReadonlyMap<string, TrailPosition>;
  /** The same, with what was noted since. */
  readonly reached: ReadonlyMap<string, TrailPosition>;
};

const ending = '.json';

function isPosition(value: unknown): value is TrailPosition & { store?: string } {
  const { file, offset } = (value ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(file) && Number.isSafeInteger(offset) && (offset as number) >= 0;
}

/** Reads the positions in a directory, which is created if it is missing. A file that cannot be read counts as none. */
export async function openConsumerPositions(files: Files, dir: string, logger: Logger): Promise<ConsumerPositions> {
  await createDirectory(dir, logger);
  const saved = new Map<string, TrailPosition>();
  const stores = new Map<string, string | undefined>();
  for (const name of await files.list(dir)) {
    if (!name.endsWith(ending)) continue;
    const found = await readJsonFile(files, join(dir, name)).catch((error: Error) => error);
    if (isPosition(found)) {
      saved.set(name.slice(0, -ending.length), found);
      stores.set(name.slice(0, -ending.length), found.store);
    } else
      logger.error({ file: join(dir, name) }, 'the position of a consumer of audit events is damaged; it begins anew');
  }
  const reached = new Map(saved);
  return {
    saved,
    reached,
    storeOf: (name) => stores.get(name),
    of: (name, store) => (stores.get(name) === store ? reached.get(name) : undefined),
    note: (name, position) => void reached.set(name, position),
    async save(name, { file, offset }, store) {
      await writeJsonFile(files, dir, `${name}${ending}`, { file, offset, ...(store === undefined ? {} : { store }) });
      saved.set(name, { file, offset });
      stores.set(name, store);
    },
  };
}
