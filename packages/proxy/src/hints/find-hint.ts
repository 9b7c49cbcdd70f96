import { createHash } from 'node:crypto';
import {
  type Check,
  type ElevationCandidates,
  type Impersonation,
  elevationCandidatesSchema,
} from '@sallyport/contracts';
import { createExpiringCache, withDeadline, type ServiceClient } from '@sallyport/kit';
import type { RequestInfo } from '@sallyport/kubernetes';
import type { AccessReviews, ReviewAnswer, ReviewAttributes } from '../access-review/access-reviews.ts';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import type { Upstream } from '../upstream/upstream.ts';

/**
 * Returns everything that a cluster's authorization must allow for a request; nothing if the gateway cannot tell. What is
 * behind a proxied path may refuse for reasons of its own.
 */
function reviewsOfRequest(kube: RequestInfo): ReviewAttributes[] {
  const { requestVerb, subresource, namespace, name } = kube;
  if (requestVerb === '' || kube.proxyPath !== undefined) return [];
  if (!kube.isResourceRequest) return [{ nonResourceAttributes: { path: kube.path, verb: requestVerb } }];
  const about = {
    group: kube.apiGroup,
    version: kube.apiVersion,
    resource: kube.resource,
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
  return [requestVerb, ...(kube.upsert ? ['create'] : [])].map((verb) => ({ resourceAttributes: { verb, ...about } }));
}

const candidatesMs = 1000;

/** Creates the function that asks authorize which elevations could help with a request that a cluster has refused. */
export function createAskCandidates({
  authorize,
}: {
  authorize: Pick<ServiceClient, 'request'>;
}): (check: Check) => Promise<ElevationCandidates> {
  return async (check) => {
    const { body } = await authorize.request({
      method: 'POST',
      path: '/v1/elevation-candidates',
      body: { check },
      timeoutMs: candidatesMs,
    });
    return elevationCandidatesSchema.parse(body);
  };
}

/** What the caller can do about a refusal by the cluster; undefined if nothing is known. Never rejects. */
export type FindHint = (exchange: Allowed<ClusterExchange>) => Promise<string | undefined>;

export type FindHintDeps = {
  /** Asks authorize which elevations could help. */
  candidates(check: Check): Promise<ElevationCandidates>;
  reviews: Pick<AccessReviews, 'mayPerson'>;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
};

/** How long a refusal may be held back for a hint, in milliseconds. */
const timeoutMs = 1500;
/** For how long the same refusal gets the same hint, or none, in milliseconds. */
const lifetime = { hint: 5000, nothing: 30_000 } as const;
const maxKnown = 5000;
/** How many refusals of one person are looked into, per minute. */
const maxPerPerson = 20;
const minuteMs = 60_000;
/** How many are looked into at a time. */
const maxRunning = 16;

type Refused = {
  check: Check;
  cluster: Upstream;
  impersonation: Impersonation;
  asked: readonly ReviewAttributes[];
  /** The names of the elevations that the request used. */
  used: readonly string[];
};

/** What is needed to look into a refusal; undefined if it cannot be. */
function readRefused({ answer, check, upstream, asked: kube }: Allowed<ClusterExchange>): Refused | undefined {
  const { impersonation } = answer;
  // Groups of the person would change nothing for a request that acts as another.
  if (!impersonation || answer.actsAs) return undefined;
  const asked = reviewsOfRequest(kube);
  const used = (answer.elevations ?? []).map(({ name }) => name);
  return asked.length === 0 ? undefined : { check, cluster: upstream, impersonation, asked, used };
}

function keyOf({ cluster, impersonation, asked }: Refused): string {
  return createHash('sha256')
    .update(JSON.stringify([cluster.name, impersonation, asked]))
    .digest('base64url');
}

/** Creates the function that counts the refusals of each person, and reports whether another one may be looked into. */
function createBudget({ clock }: Pick<FindHintDeps, 'clock'>): (person: string) => boolean {
  const spent = createExpiringCache<{ count: number }>({ max: maxKnown, clock });
  return (person) => {
    const known = spent.get(person);
    if (!known) spent.set(person, { count: 1 }, minuteMs);
    else if (known.count >= maxPerPerson) return false;
    else known.count += 1;
    return true;
  };
}

/**
 * Creates the function that looks into one refusal: asks authorize what could help, and the cluster whether it would.
 */
function createLookInto({ candidates, reviews }: FindHintDeps) {
  const mayAll = async ({ cluster, impersonation, asked }: Refused, more: readonly string[]): Promise<ReviewAnswer> => {
    const groups = [...new Set([...impersonation.groups, ...more])];
    const answers = await Promise.all(
      asked.map((attributes) =>
        reviews.mayPerson({ cluster, impersonation: { ...impersonation, groups }, attributes }),
      ),
    );
    return answers.find((one) => one === 'unknown') ?? answers.find((one) => one === 'refused') ?? 'allowed';
  };
  return async (refused: Refused): Promise<string | undefined> => {
    const { candidates: possible } = await candidates(refused.check);
    const [active] = refused.used;
    if (possible.length === 0 && active === undefined) return undefined;
    // What was not refused by authorization, such as a quota or an admission policy, no group would change.
    if ((await mayAll(refused, [])) !== 'refused') return undefined;
    for (const { groups, sentence } of possible) if ((await mayAll(refused, groups)) === 'allowed') return sentence;
    return active && `Your elevation ${active} is active, but does not give the right to this.`;
  };
}

/**
 * Creates the search for hints. A client that is refused again and again gets them from memory, and beyond the bounds gets
 * none, so that refusals never multiply the load on authorize or on a cluster.
 */
export function createFindHint(deps: FindHintDeps): FindHint {
  const known = createExpiringCache<Promise<string | undefined>>({ max: maxKnown, clock: deps.clock });
  const mayLook = createBudget(deps);
  const lookInto = createLookInto(deps);
  let running = 0;
  const search = async (refused: Refused): Promise<string | undefined> => {
    running += 1;
    try {
      return await withDeadline(lookInto(refused), timeoutMs, () => new Error('no hint in time'));
    } catch {
      return undefined;
    } finally {
      running -= 1;
    }
  };
  return async (exchange) => {
    const refused = readRefused(exchange);
    if (!refused) return undefined;
    const key = keyOf(refused);
    const before = known.get(key);
    if (before) return before;
    if (running >= maxRunning || !mayLook(refused.impersonation.uid)) return undefined;
    const searching = search(refused);
    known.set(key, searching, lifetime.hint);
    const hint = await searching;
    if (hint === undefined) known.set(key, searching, lifetime.nothing);
    return hint;
  };
}
