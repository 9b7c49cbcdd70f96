import { isDeepStrictEqual } from 'node:util';
import {
  readImpersonationTargets,
  serviceAccountOf,
  type Check,
  type CheckAnswer,
  type Impersonation,
  type ImpersonationTarget,
} from '@sallyport/contracts';
import { ProblemError, type Span } from '@sallyport/kit';
import type { AccessReviews, ResourceAttributes } from '../access-review/access-reviews.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { CheckClient } from './check-client.ts';

const authentication = 'authentication.k8s.io';

/** What RBAC is asked about one name. */
type ImpersonationRight = ResourceAttributes & { name: string };

/** What RBAC must allow, as the API server asks for it: one right for each name (filters/impersonation.go). */
function rightsFor({ user, uid, groups, extra }: ImpersonationTarget): ImpersonationRight[] {
  const right = (resource: string, name: string, more: Partial<ImpersonationRight> = {}): ImpersonationRight => ({
    verb: 'impersonate',
    group: '',
    version: 'v1',
    resource,
    name,
    ...more,
  });
  const account = serviceAccountOf(user);
  return [
    account ? right('serviceaccounts', account.name, { namespace: account.namespace }) : right('users', user),
    ...groups.map((group) => right('groups', group)),
    ...(uid === undefined ? [] : [right('uids', uid, { group: authentication })]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => right('userextras', value, { group: authentication, subresource: key })),
    ),
  ];
}

type ActingChecksDeps = {
  client: CheckClient;
  reviews: Pick<AccessReviews, 'mayPerson'>;
  upstreamOf(cluster: string): Upstream | undefined;
};

/** Reports whether an identity is the target, with no more than the extras of the gateway. */
function isTarget(identity: Impersonation, { user, uid = '', groups, extra }: ImpersonationTarget): boolean {
  const {
    'sallyport.dev/session': _session,
    'sallyport.dev/actor': _actor,
    'sallyport.dev/elevation': _elevation,
    ...own
  } = identity.extra;
  return isDeepStrictEqual(
    { user: identity.user, uid: identity.uid, groups: identity.groups, extra: own },
    { user, uid, groups: [...groups], extra: { ...extra } },
  );
}

const quote = (name: string) => JSON.stringify(name.slice(0, 253));

/** Says what a right is for, as kubectl would. */
function describeRight({ resource, subresource, namespace, name }: ImpersonationRight): string {
  const kind = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `impersonate ${kind} ${quote(name)}${namespace === undefined ? '' : ` in namespace ${quote(namespace)}`}`;
}

/** Returns an answer as a refusal because of the RBAC of the cluster. */
function refusedBy(
  cluster: string,
  answer: CheckAnswer,
  code: 'forbidden' | 'service-unavailable',
  detail: string,
): CheckAnswer {
  const { actsAs: _refused, impersonation: _unused, ...rest } = answer;
  const { ruleName: _allowed, ...decided } = answer.decision;
  const decision = { ...decided, effect: 'deny' as const, rule: `cluster/${cluster}.rbac`, reasons: [] };
  return { ...rest, decision, problem: { code, detail: `${detail} (rule "${decision.rule}")` } };
}

/**
 * Asks the cluster about each name. One after the other, so that a request with many names takes no more than its share.
 * What the cluster does not tell is no permission.
 */
async function askAboutEach(
  cluster: Upstream,
  answer: CheckAnswer,
  target: ImpersonationTarget,
  { reviews }: ActingChecksDeps,
): Promise<CheckAnswer> {
  for (const right of rightsFor(target)) {
    const may = await reviews.mayPerson({
      cluster,
      impersonation: answer.impersonation!,
      attributes: { resourceAttributes: right },
    });
    const what = describeRight(right);
    if (may === 'refused')
      return refusedBy(
        cluster.name,
        answer,
        'forbidden',
        `the RBAC of cluster ${quote(cluster.name)} does not allow you to ${what}`,
      );
    if (may !== 'allowed')
      return refusedBy(
        cluster.name,
        answer,
        'service-unavailable',
        `the gateway could not learn from cluster ${quote(cluster.name)} whether its RBAC allows you to ${what}, so it refused the request`,
      );
  }
  return answer;
}

/**
 * Creates a client that also asks the cluster, where a request asks to act as another and the policy allows it: the
 * person themselves must be allowed to impersonate each name there. The gateway's own account may impersonate anyone, so
 * that the cluster would not ask again. A request as oneself takes the same way as without it.
 */
export function createActingChecks(deps: ActingChecksDeps): CheckClient {
  const ask = async (check: Check, texts: readonly string[], span?: Span): Promise<CheckAnswer> => {
    const answer = await deps.client.check(check, span);
    if (answer.decision.effect !== 'allow') return answer;
    const cluster = check.target.kind === 'cluster' ? deps.upstreamOf(check.target.name) : undefined;
    const target = readImpersonationTargets(texts);
    // Without `actsAs`, authorize did not understand what the request asks for.
    if (!cluster || !target || !answer.impersonation || !answer.actsAs || !isTarget(answer.actsAs, target))
      throw new ProblemError('forbidden', 'The gateway cannot act as another for this request.');
    return askAboutEach(cluster, answer, target, deps);
  };
  return {
    check: (check, span) => {
      const texts = check.kubernetes?.impersonate;
      return texts === undefined ? deps.client.check(check, span) : ask(check, texts, span);
    },
  };
}
