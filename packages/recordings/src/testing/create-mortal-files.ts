import { diskFiles, type Files, type SpoolFile } from '@sallyport/spool';

/** Files of a process that is killed in one of its operations. */
export type MortalFiles = Files & {
  /** How many operations were called, without those that only list. */
  readonly calls: number;
  /** Resolves when the process is dead. */
  readonly death: Promise<void>;
  /** Closes the files that the dead process had open, as the system does. */
  bury(): Promise<void>;
};

/**
 * Creates files on the real disk. The operation with this number is done in part, if it is a write, and nothing returns
 * from then on.
 */
export function createMortalFiles(lastCall: number): MortalFiles {
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  const opened = new Set<SpoolFile>();
  let calls = 0;
  let isBuried = false;
  const live = async <T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    calls += 1;
    if (calls < lastCall) return work();
    if (calls === lastCall) await half?.();
    die();
    return new Promise<T>(() => undefined);
  };
  const wrap = (file: SpoolFile): SpoolFile =>
    Object.assign(Object.create(file) as SpoolFile, {
      read: (...args: Parameters<SpoolFile['read']>) => live(() => file.read(...args)),
      write: (bytes: Uint8Array, from: number, length: number, at: number) =>
        live(
          () => file.write(bytes, from, length, at),
          () => file.write(bytes, from, Math.floor(length / 2), at),
        ),
      datasync: () => live(() => file.datasync()),
      truncate: (length: number) => live(() => file.truncate(length)),
      stat: () => live(() => file.stat()),
      close: () =>
        live(async () => {
          opened.delete(file);
          await file.close();
        }),
    });
  return {
    get calls() {
      return calls;
    },
    death,
    async bury() {
      isBuried = true;
      for (const file of opened) await file.close();
    },
    open: (path, flags, mode) =>
      live(async () => {
        const file = await diskFiles.open(path, flags, mode);
        opened.add(file);
        if (isBuried) await file.close();
        return wrap(file);
      }),
    rename: (from, to) => live(() => diskFiles.rename(from, to)),
    unlink: (path) => live(() => diskFiles.unlink(path)),
    list: (dir) => diskFiles.list(dir),
  };
}
