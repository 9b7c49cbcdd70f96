const atOnce = 32;

/**
 * Ends sessions in small batches, so that the store and the audit log keep up. Ends the session `last` after all
 * others. Returns how many were live.
 */
export async function endSessions(
  ids: readonly string[],
  end: (id: string) => Promise<unknown>,
  last?: string,
): Promise<number> {
  const others = ids.filter((id) => id !== last);
  let ended = 0;
  for (let from = 0; from < others.length; from += atOnce) {
    const outcomes = await Promise.all(others.slice(from, from + atOnce).map(end));
    ended += outcomes.filter((outcome) => outcome !== undefined).length;
  }
  if (last !== undefined && ids.includes(last) && (await end(last)) !== undefined) ended += 1;
  return ended;
}
