import type { CompiledPolicy } from '../../gateway-config.ts';
import type { createRecordedJudge } from './judge-recorded.ts';
import { openEvent } from './open-event.ts';
import { readRecordedRequest, type RecordedRequest, type Undecided } from './recorded-request.ts';
import type { SeenIds } from './seen-ids.ts';
import type { createTally, TallyResult } from './tally.ts';

/** The policies proposed for a request: a list; `absent` if its cluster would not be there; `other` if nothing is proposed for its cluster. */
export type Proposal = { policiesFor(cluster: string, namespace: string): readonly CompiledPolicy[] | 'absent' | 'other'; refusesUser(cluster: string, user: string): boolean };

/** Events that stand for no request that a policy decided, by what they are. */
export type PassedOver = Record<'other-type' | 'other-stage' | 'other-cluster' | 'other-time' | 'repeated' | Undecided, number>;

export type ReplayResult = TallyResult & { events: number; passedOver: PassedOver; repeatsMayBeMissed: boolean };

type Deps = { proposal: Proposal; judge: ReturnType<typeof createRecordedJudge>; tally: ReturnType<typeof createTally>; seen: SeenIds; since: number | undefined; until: number | undefined };

function judgeRequest(request: RecordedRequest, { proposal, judge, tally }: Deps): keyof PassedOver | undefined {
  const { cluster, user, namespace } = request;
  const policies = proposal.policiesFor(cluster, namespace);
  if (policies === 'other') return 'other-cluster';
  if (policies === 'absent') {
    tally.add(request, { known: true, effect: 'deny', rule: 'no such cluster' });
    return undefined;
  }
  const judgement = judge(policies, request);
  const refused = judgement.known && judgement.effect === 'allow' && proposal.refusesUser(cluster, user);
  tally.add(request, refused ? { known: true, effect: 'deny', rule: `cluster/${cluster}.impersonate` } : judgement);
  return undefined;
}

/** Takes recorded events, in any order, and judges each request once by what is proposed. */
export function createReplayer(deps: Deps): { take(values: readonly unknown[]): void; unreadable(count: number): void; result(): ReplayResult } {
  const passedOver: PassedOver = { 'other-type': 0, 'other-stage': 0, 'other-cluster': 0, 'other-time': 0, repeated: 0, 'not-decided': 0, 'not-logged-in': 0, impersonation: 0, unreadable: 0 };
  let events = 0;
  const takeOne = (value: unknown): keyof PassedOver | undefined => {
    const event = openEvent(value);
    if (event.kind !== 'request') return event.kind;
    if (!deps.seen.isNew(event.auditID)) return 'repeated';
    const request = readRecordedRequest(event.auditID, event.data);
    if (typeof request === 'string') return request;
    if ((deps.since !== undefined && request.now < deps.since) || (deps.until !== undefined && request.now >= deps.until)) return 'other-time';
    return judgeRequest(request, deps);
  };
  return {
    take(values) {
      for (const value of values) {
        events += 1;
        const passed = takeOne(value);
        if (passed) passedOver[passed] += 1;
      }
    },
    unreadable(count) {
      events += count;
      passedOver.unreadable += count;
    },
    result: () => ({ ...deps.tally.result(), events, passedOver: { ...passedOver }, repeatsMayBeMissed: deps.seen.forgetful }),
  };
}
