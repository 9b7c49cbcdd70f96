/** Sees to it that no entry waits too long for its acknowledgement without being on the disk. */
export type AgeWatch = {
  /** Says that there are new entries. */
  added(): void;
  /** Entries up to this one have waited long enough. */
  readonly overdue: number;
  stop(): void;
};

type Deps = {
  /** How many milliseconds an entry may wait. Undefined for any time. */
  limitMs: number | undefined;
  /** The last entry that was added. */
  last(): number;
  /** Entries up to this one need no sync any more. */
  safe(): number;
  /** Called when more entries are overdue. */
  onOverdue(): void;
};

/**
 * Creates the watch. It notes four times in `limitMs` which entry is the last, and what was the last three notes ago is
 * overdue. So one timer serves all entries, and it runs only while some are not safe.
 */
export function createAgeWatch({ limitMs, last, safe, onOverdue }: Deps): AgeWatch {
  let timer: NodeJS.Timeout | undefined;
  let noted: number[] = [];
  let overdue = 0;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const tick = () => {
    if (noted.length === 3) {
      overdue = noted.shift()!;
      onOverdue();
    }
    noted.push(last());
    if (last() <= safe()) stop();
  };
  return {
    added() {
      if (timer || limitMs === undefined) return;
      noted = [last()];
      timer = setInterval(tick, limitMs / 4).unref();
    },
    get overdue() {
      return overdue;
    },
    stop,
  };
}
