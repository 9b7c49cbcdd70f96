export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Resolves once `holds` returns true; rejects after `ms` milliseconds, which is enough for a busy machine. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms`);
    await wait(20);
  }
}
