import { credentialSchema } from '@sallyport/contracts';
import { ProblemError, type SessionStore } from '@sallyport/kit';
import { mayReach, type PolicyInput } from '@sallyport/policy';
import { z } from 'zod';
import { createCallerViews } from '../check/caller-view.ts';
import { withDeadline } from '../check/with-deadline.ts';
import { parseJson } from '../parse-json.ts';
import type { ClusterRules, PolicySet } from '../policies/policy-set.ts';

const questionSchema = z.object({ credential: credentialSchema });
const sliceMs = 5;
const clockEvery = 64;
/** How many may be under way at once: a very large policy costs as much as thousands of checks. */
const mostAtOnce = 4;

type Deps = { sessions: Pick<SessionStore, 'find'>; policies: Pick<PolicySet, 'current'>; now: () => number; storeTimeoutMs: number };

/** Goes through the rules a few milliseconds at a time, so that checks are answered in between. */
async function reaches(rules: ClusterRules, input: PolicyInput): Promise<boolean> {
  const steps = mayReach(rules.everyPolicy, input);
  let startedAt = performance.now();
  for (let count = 1; ; count += 1) {
    const { done, value } = steps.next();
    if (done) return value;
    if (count % clockEvery !== 0 || performance.now() - startedAt < sliceMs) continue;
    await new Promise((resolve) => { setImmediate(resolve); });
    startedAt = performance.now();
  }
}

/** Creates what answers `POST /v1/clusters`: the clusters of which the policy might let the caller have something. A list to look at; what it names is judged as anything else. */
export function createListClusters(deps: Deps): (text: string) => Promise<{ clusters: string[] }> {
  const away = () => new ProblemError('sessions-unavailable', 'The session store does not answer, so nobody can be recognised. Try again shortly.');
  let underWay = 0;
  const list = async (text: string) => {
    const { success, data } = questionSchema.safeParse(parseJson(text));
    if (!success || data.credential.kind !== 'token') throw new ProblemError('bad-request', 'The question names no credential.');
    const [found] = await withDeadline(deps.sessions.find([data.credential.hash]), deps.storeTimeoutMs, away);
    const now = deps.now();
    if (found?.state !== 'live' || !(found.session.expiresAt > now)) throw new ProblemError('unauthenticated', 'This login is not known or has expired; log in again.');
    const { user, session } = createCallerViews({ max: 1 }).of(found.session);
    const clusters: string[] = [];
    for (const [name, rules] of deps.policies.current().clusters) {
      const input: PolicyInput = { user, session, request: { method: 'GET', path: '/', host: '', ip: found.session.clientAddress ?? '' }, kubernetes: { cluster: name }, now };
      if (rules.impersonate.refuseUser(found.session.identity.user) === undefined && await reaches(rules, input)) clusters.push(name);
    }
    return { clusters };
  };
  return async (text) => {
    if (underWay >= mostAtOnce) throw new ProblemError('too-many-requests', 'Too many lists are being made at the moment. Try again shortly.');
    underWay += 1;
    try {
      return await list(text);
    } finally {
      underWay -= 1;
    }
  };
}
