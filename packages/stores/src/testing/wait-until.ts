export const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Resolves once `holds` returns true; rejects after `ms` milliseconds. */
export async function waitUntil(holds: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so within ${ms} ms`);
    await wait(20);
  }
}
