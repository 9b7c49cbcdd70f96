/** A pause that can be cut short. */
export type Gate = {
  /** Resolves after `ms`, or as soon as the gate is opened. One waits at a time. */
  wait(ms: number): Promise<void>;
  open(): void;
};

/** Creates a gate; opening it while nobody waits has no effect. */
export function createGate(): Gate {
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
    open: () => release?.(),
  };
}
