import type { RightsEnd } from '@sallyport/contracts';
import { rightsEndsLimits } from './rights-ends-limits.ts';
import type { SessionStore } from './session-store.ts';

/** Creates the log of ended rights in memory. */
export function createMemoryRightsEnds(deps: { now: () => number }): Pick<SessionStore, 'endRights' | 'rightsEnded'> {
  const log: { position: number; end: RightsEnd }[] = [];
  let last = 0;
  return {
    async endRights(of, reason) {
      last += 1;
      log.push({ position: last, end: { of, reason, at: deps.now() } });
      if (log.length > rightsEndsLimits.max) log.shift();
    },
    async rightsEnded(after) {
      const since = Number(after ?? 0);
      const found = log.filter(({ position }) => position > since).slice(0, rightsEndsLimits.atOnce);
      const position = found.at(-1)?.position.toString() ?? after;
      return { position, ends: found.map(({ end }) => structuredClone(end)) };
    },
  };
}
