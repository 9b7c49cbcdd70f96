import type { Elevation, RightsEnd } from '@sallyport/contracts';
import { accountName, isOver } from '@sallyport/elevation';
import type { SessionStore } from '@sallyport/stores';
import { keyName } from '../people/key-name.ts';

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

/** Creates it, knowing nothing until the first refresh. */
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
