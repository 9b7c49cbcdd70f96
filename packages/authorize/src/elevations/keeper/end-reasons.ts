import type { Elevation, RightsEnd } from '@sallyport/contracts';
import type { SessionStore } from '@sallyport/stores';
import { isApproved } from '../../elevation-states/approvals.ts';
import { accountName } from '../../elevation-states/same-person.ts';
import { latestEnd, tighten } from '../../elevation-states/tighten.ts';
import { isOver } from '../../elevation-states/times.ts';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import { keyName } from './known-people.ts';

/** Why an elevation ends that no entry is for any more. */
export const notConfigured = 'it is no longer configured';

/** Reports whether the entry of an elevation is still there, for its place and with one of its groups. */
function isConfigured({ cluster, namespace, groups }: Elevation, rules: ElevationRules): boolean {
  return rules.covers(cluster, namespace) && groups.some((group) => rules.groups.has(group));
}

/** Returns why an elevation that has not begun cannot begin under its entry. */
function whyNotBegin(elevation: Elevation, rules: ElevationRules): string | undefined {
  if (!rules.acceptsReason(elevation.reason)) return 'its entry demands a reason now';
  if (!rules.acceptsTicket(elevation.ticket)) return 'its entry demands another ticket now';
  if (elevation.state === 'approved' && isApproved(elevation) && !isApproved(tighten(elevation, rules.terms)))
    return 'its entry demands other approvals now';
  return undefined;
}

/** Returns why an elevation must end because of what its entry is by now; undefined if it may go on. */
export function endReason(elevation: Elevation, rules: ElevationRules | undefined, now: number): string | undefined {
  if (isOver(elevation)) return undefined;
  if (!rules || !isConfigured(elevation, rules)) return notConfigured;
  if (elevation.state !== 'active') {
    const why = whyNotBegin(elevation, rules);
    if (why !== undefined) return why;
  }
  const isCut = elevation.state !== 'pending' && latestEnd(elevation, rules.terms.maxDurationMs) <= now;
  return isCut ? 'its entry allows less time now' : undefined;
}

/** Knows whose elevations end, whatever their entries say: of people who were deactivated, or lost all sessions. */
export type EndedPeople = {
  /** Reads what was noted since the last call. Rejects with `sessions-unavailable`, and then nothing may begin. */
  refresh(): Promise<void>;
  /** Returns why an elevation must end because of its person; undefined if it may go on. */
  whyEnded(elevation: Elevation): string | undefined;
};

/** How far the clocks of two services may differ, in milliseconds. What is asked for as soon after an end ends too. */
const slackMs = 2000;

const whys: Readonly<Record<RightsEnd['reason'], string>> = {
  deactivated: "its holder's account was deactivated or removed",
  revoked: 'all sessions of its holder were ended',
};

const userName = (user: string) => `user\n${user}`;
function nameOf({ of }: RightsEnd): string {
  if (of === 'everybody') return of;
  if ('user' in of) return userName(of.user);
  return 'key' in of ? keyName(of) : accountName(of);
}

/** Creates the memory of people whose elevations end. It knows nothing until the first refresh. */
export function createEndedPeople({ sessions }: { sessions: Pick<SessionStore, 'rightsEnded'> }): EndedPeople {
  const latest = new Map<string, RightsEnd>();
  let position: string | undefined;
  return {
    async refresh() {
      for (;;) {
        const { position: at, ends } = await sessions.rightsEnded(position);
        for (const end of ends) {
          const name = nameOf(end);
          // Two calls at once may read the same.
          if (end.at >= (latest.get(name)?.at ?? -Infinity)) latest.set(name, end);
        }
        if (at === position) return;
        position = at;
      }
    },
    whyEnded(elevation) {
      if (latest.size === 0 || isOver(elevation)) return undefined;
      const { requester, createdAt } = elevation;
      const names = ['everybody', accountName(requester), userName(requester.user), ...(requester.aliases ?? [])];
      const end = names.flatMap((name) => latest.get(name) ?? []).find(({ at }) => createdAt <= at + slackMs);
      return end && whys[end.reason];
    },
  };
}

/** An elevation that gives nothing any more, and why. */
export type LostElevation = { elevation: Elevation; why: string };
