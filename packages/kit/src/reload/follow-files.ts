import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { differ, identitiesOf } from '../config/file-identity.ts';

/** Notices when one of some files becomes another. */
export type FileFollower = {
  /** From now on it is these files, each known to be what its identity says. */
  follow(files: ReadonlyMap<string, string>): void;
  /** Looks at once. */
  look(): void;
  close(): void;
};

export type FileFollowerDeps = {
  onChange(): void;
  /** How often to look, whatever the system tells of itself; milliseconds. */
  everyMs?: number;
  /** For how long files must stay as they are before they count as written; milliseconds. */
  quietMs?: number;
};

const longestUnrest = 6;
/** The link in a ConfigMap's or Secret's volume that the kubelet swaps. */
const configMapLink = '..data';
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/**
 * Watches the directories of files. What the system tells comes at once but not from everywhere (network file systems),
 * so it only hastens the next look.
 */
function createDirectoryWatch(onEvent: () => void) {
  const watchers = new Map<string, FSWatcher>();
  const stop = (directory: string) => {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  };
  let wanted: ReadonlySet<string> = new Set();
  const start = (directory: string) => {
    try {
      // Other files of the directory may be written all the time.
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || name === configMapLink || wanted.has(path.join(directory, name))) onEvent();
      });
      watcher.on('error', () => stop(directory));
      watchers.set(directory, watcher);
    } catch {
      // Looking every now and then has to do.
    }
  };
  return (files: ReadonlySet<string>) => {
    wanted = files;
    const directories = new Set([...files].map((file) => path.dirname(file)));
    for (const directory of watchers.keys()) if (!directories.has(directory)) stop(directory);
    for (const directory of directories) if (!watchers.has(directory)) start(directory);
  };
}

/**
 * Follows files by what `stat` says of them, symbolic links followed (a ConfigMap changes by swapping one), every
 * second and whenever their directories change.
 */
export function createFileFollower({ onChange, everyMs = 1000, quietMs = 100 }: FileFollowerDeps): FileFollower {
  let known: ReadonlyMap<string, string> = new Map();
  let state: 'idle' | 'looking' | 'again' | 'closed' = 'idle';

  /** Waits until nobody writes any more: half a file may be a valid one that says something else. */
  const settle = async (first: ReadonlyMap<string, string>) => {
    let seen = first;
    for (let tries = 0; tries < longestUnrest; tries += 1) {
      await pause(quietMs);
      const now = await identitiesOf(known.keys());
      if (!differ(seen, now)) break;
      seen = now;
    }
    return seen;
  };
  const lookOnce = async () => {
    const before = known;
    const now = await identitiesOf(before.keys());
    if (!differ(before, now)) return;
    const settled = await settle(now);
    if (known !== before || state === 'closed') return;
    known = settled;
    onChange();
  };
  const look = () => {
    if (state !== 'idle') {
      if (state === 'looking') state = 'again';
      return;
    }
    state = 'looking';
    void lookOnce().finally(() => {
      const again = state === 'again';
      if (state !== 'closed') state = 'idle';
      if (again) look();
    });
  };
  const watchDirectories = createDirectoryWatch(look);
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    follow(files) {
      known = files;
      watchDirectories(new Set(files.keys()));
      look();
    },
    look,
    close() {
      state = 'closed';
      clearInterval(timer);
      watchDirectories(new Set());
    },
  };
}
