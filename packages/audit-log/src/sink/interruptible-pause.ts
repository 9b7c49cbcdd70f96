/** A pause that can be ended early. */
export type InterruptiblePause = {
  /** Resolves after `ms`, or as soon as `end` is called. Only one caller may wait at a time. */
  wait(ms: number): Promise<void>;
  end(): void;
};

/** Creates a pause. Ending it has no effect unless a caller waits. */
export function createInterruptiblePause(): InterruptiblePause {
  let release: (() => void) | undefined;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          release = undefined;
          resolve();
        };
        const timer = setTimeout(end, ms);
        release = end;
      }),
    end: () => release?.(),
  };
}
