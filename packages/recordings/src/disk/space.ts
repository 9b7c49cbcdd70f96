import { RecordingUnavailable } from './recording-unavailable.ts';

/** How long a recording waits for room while nothing is moved to the store. */
const patienceMs = 4000;

/** What one recording has of the disk. */
export type Share = {
  /** Takes room at once, and returns whether there was any. */
  tryTake(bytes: number): boolean;
  /** Takes room when there is some. Rejects when nothing has left the disk for 4 s. */
  take(bytes: number): Promise<void>;
  /** Takes room that there may not be: the few bytes that end a recording, and what a dead process left. */
  force(bytes: number): void;
  /** Returns room. With `isStored`, something left the disk, and those who wait can hope again. */
  give(bytes: number, isStored?: boolean): void;
};

/** The room on the disk, which the recordings share. */
export type Space = { readonly used: number; share(): Share };

type Waiter = { fits: () => boolean; admit: () => void; timer: NodeJS.Timeout };

/**
 * Creates a space of this size. A recording has at most a quarter of it, so that one that prints without end while the
 * store is away does not stop the others.
 */
export function createSpace(maxBytes: number): Space {
  let used = 0;
  const waiters = new Set<Waiter>();
  const admit = (): void => {
    for (const waiter of waiters)
      if (waiter.fits()) {
        waiters.delete(waiter);
        waiter.admit();
      }
  };
  return {
    get used() {
      return used;
    },
    share() {
      let own = 0;
      const force = (bytes: number): void => {
        used += bytes;
        own += bytes;
      };
      const fits = (bytes: number): boolean => used + bytes <= maxBytes && own + bytes <= maxBytes / 4;
      const tryTake = (bytes: number): boolean => {
        if (!fits(bytes)) return false;
        force(bytes);
        return true;
      };
      return {
        force,
        tryTake,
        async take(bytes) {
          if (tryTake(bytes)) return;
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          const timer = setTimeout(() => {
            waiters.delete(waiter);
            reject(new RecordingUnavailable('the disk for recordings is full'));
          }, patienceMs);
          const waiter: Waiter = {
            fits: () => fits(bytes),
            timer,
            admit() {
              clearTimeout(timer);
              force(bytes);
              resolve();
            },
          };
          waiters.add(waiter);
          await promise;
        },
        give(bytes, isStored) {
          used -= bytes;
          own -= bytes;
          if (isStored) for (const { timer } of waiters) timer.refresh();
          admit();
        },
      };
    },
  };
}
