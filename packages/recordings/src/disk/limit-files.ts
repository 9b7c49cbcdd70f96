import type { Files, SpoolFile } from '@sallyport/spool';

/** Runs work when it is its turn, at most `limit` at once. */
function createTurns(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/**
 * Returns the same files, with at most two operations at once. Node.js has four threads for files and for names in DNS: a
 * disk that hangs must not take all of them.
 */
export function limitFiles(files: Files): Files {
  const turn = createTurns(2);
  const limitFile = (file: SpoolFile): SpoolFile => ({
    read: ((...args: Parameters<SpoolFile['read']>) => turn(() => file.read(...args))) as SpoolFile['read'],
    write: ((...args: Parameters<SpoolFile['write']>) => turn(() => file.write(...args))) as SpoolFile['write'],
    datasync: () => turn(() => file.datasync()),
    sync: () => turn(() => file.sync()),
    truncate: (length) => turn(() => file.truncate(length)),
    stat: ((...args: Parameters<SpoolFile['stat']>) => turn(() => file.stat(...args))) as SpoolFile['stat'],
    close: () => turn(() => file.close()),
  });
  return {
    open: async (path, flags, mode) => limitFile(await turn(() => files.open(path, flags, mode))),
    rename: (from, to) => turn(() => files.rename(from, to)),
    unlink: (path) => turn(() => files.unlink(path)),
    list: (dir) => turn(() => files.list(dir)),
  };
}
