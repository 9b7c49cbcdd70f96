/** Receives progress messages, one line each. Long work repeats its message. */
export type Progress = (line: string) => void;

/** Runs `work` and reports every `everyMs` how long it has been running. */
export async function reportWhile<T>(
  progress: Progress | undefined,
  what: string,
  work: () => Promise<T>,
  everyMs = 20_000,
): Promise<T> {
  const started = Date.now();
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  const timer = setInterval(() => progress?.(`${what} ... ${seconds()} s`), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
