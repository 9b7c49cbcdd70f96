import type { Asked } from './read-asked.ts';

/** Returns a request as the gateway's API asks for it: without empty members. */
export function questionOf({ path, method, verb, ...asked }: Asked): Record<string, unknown> {
  const given = Object.entries(asked).filter(([, value]) => value !== '' && value !== undefined);
  return path === undefined
    ? { verb, ...Object.fromEntries(given) }
    : { path, ...(method === undefined ? { verb } : { method }) };
}
