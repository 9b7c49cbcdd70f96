import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { differ, identitiesOf } from '../config/read-text-file.ts';

export type FileFollowerDeps = {
  onChange(): void;
  /** How often to check, in addition to events of the system, in milliseconds. */
  everyMs?: number;
  /** How long files must stay unchanged before they count as written, in milliseconds. */
  quietMs?: number;
};

const maxUnrest = 6;
/** The symbolic link in the volume of a ConfigMap or Secret that the kubelet swaps. */
const configMapLink = '..data';
const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/**
 * Watches the directories of files. Events of the system arrive at once but not from every file system (network file
 * systems), so they only trigger an earlier check.
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
      // Other files in the directory may be written all the time.
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (name === null || name === configMapLink || wanted.has(path.join(directory, name))) onEvent();
      });
      watcher.on('error', () => stop(directory));
      watchers.set(directory, watcher);
    } catch {
      // The regular check has to be enough.
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
 * Follows files by their `stat`, through symbolic links (a ConfigMap changes by swapping one), every second and whenever
 * their directories change.
 */
export function createFileFollower({ onChange, everyMs = 1000, quietMs = 100 }: FileFollowerDeps) {
  let known: ReadonlyMap<string, string> = new Map();
  let state: 'idle' | 'checking' | 'again' | 'closed' = 'idle';

  /** Waits until the files are no longer written: half a file may be valid and mean something else. */
  const untilQuiet = async (first: ReadonlyMap<string, string>) => {
    let seen = first;
    for (let tries = 0; tries < maxUnrest; tries += 1) {
      await pause(quietMs);
      const now = await identitiesOf(known.keys());
      if (!differ(seen, now)) break;
      seen = now;
    }
    return seen;
  };
  const checkOnce = async () => {
    const before = known;
    const now = await identitiesOf(before.keys());
    if (!differ(before, now)) return;
    const quiet = await untilQuiet(now);
    if (known !== before || state === 'closed') return;
    known = quiet;
    onChange();
  };
  const check = () => {
    if (state !== 'idle') {
      if (state === 'checking') state = 'again';
      return;
    }
    state = 'checking';
    void checkOnce().finally(() => {
      const again = state === 'again';
      if (state !== 'closed') state = 'idle';
      if (again) check();
    });
  };
  const watchDirectories = createDirectoryWatch(check);
  const timer = setInterval(check, everyMs);
  timer.unref();
  return {
    /** Follows these files from now on, starting from their given identities. */
    follow(files: ReadonlyMap<string, string>): void {
      known = files;
      watchDirectories(new Set(files.keys()));
      check();
    },
    /** Checks now. */
    check,
    close(): void {
      state = 'closed';
      clearInterval(timer);
      watchDirectories(new Set());
    },
  };
}
export type FileFollower = ReturnType<typeof createFileFollower>;
