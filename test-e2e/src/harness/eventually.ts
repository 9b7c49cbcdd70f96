/**
 * Asks again until there is an answer (anything but undefined and false) and returns it; throws with what was awaited
 * after `timeoutMs`.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 15_000,
  detail: () => string = () => '',
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + timeoutMs;
  for (let failure: unknown; ;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${what} ${detail()}`, { cause: failure });
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}
