/** Told what is going on, one plain line at a time; long work says so again while it lasts. */
export type Progress = (line: string) => void;

/** Runs `work` and reports every `everyMs` how long it has been going. */
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
