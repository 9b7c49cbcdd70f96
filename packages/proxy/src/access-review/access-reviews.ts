import { createHash } from 'node:crypto';
import type { Impersonation } from '@sallyport/contracts';
import { createExpiringCache, onceForEach } from '@sallyport/kit';
import { impersonationHeaders } from '../headers/impersonation-headers.ts';
import type { ClusterAnswer, AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { readAccess, readRules, type ReviewedRules } from './read-review.ts';
import { createReviewSlots, type ReviewSlots } from './review-slots.ts';

/** A right to resources (authorization.k8s.io/v1). */
export type ResourceAttributes = {
  verb: string;
  group: string;
  version?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
};

/** What a review asks about: `spec` of a SelfSubjectAccessReview (authorization.k8s.io/v1). */
export type ReviewAttributes =
  | { resourceAttributes: ResourceAttributes }
  | { nonResourceAttributes: { path: string; verb: string } };

/** Says in words what a review asks about. */
function describeAttributes(attributes: ReviewAttributes): string {
  if ('nonResourceAttributes' in attributes) {
    const { verb, path } = attributes.nonResourceAttributes;
    return `${verb} ${path}`;
  }
  const { verb, group, resource, subresource, namespace, name } = attributes.resourceAttributes;
  const kind = `${resource}${group === '' ? '' : `.${group}`}${subresource ? `/${subresource}` : ''}`;
  return `${verb} ${kind}${name ? ` "${name}"` : ''}${namespace ? ` in the namespace ${namespace}` : ''}`;
}

/** `unknown`: the cluster did not tell, or not in time, or too many are asking. Never a permission. */
export type ReviewAnswer = 'allowed' | 'refused' | 'unknown';

type Person = {
  cluster: Upstream;
  /** The identity exactly as a request of the person would carry it upstream. */
  impersonation: Pick<Impersonation, 'user' | 'uid' | 'groups' | 'extra'>;
};

/** Asks clusters what a person may do there. */
export type AccessReviews = {
  /** Asks for one permission, by a SelfSubjectAccessReview. Never rejects. */
  mayPerson(question: Person & { attributes: ReviewAttributes }): Promise<ReviewAnswer>;
  /** Asks for everything that the person may do in a namespace, by a SelfSubjectRulesReview. Undefined if unknown. */
  rulesOfPerson(question: Person & { namespace: string }): Promise<ReviewedRules | undefined>;
};

type AccessReviewsDeps = {
  ask: AskRecorded;
  /** Milliseconds of the monotonic clock. */
  clock(): number;
  limits?: { running: number; waiting: number; perPerson: number };
};

type Review = { kind: 'SelfSubjectAccessReview' | 'SelfSubjectRulesReview'; spec: object; detail: string };

/** How long the answer may take, the wait for a slot included, in milliseconds. */
const timeoutMs = 2000;
/** For how long an answer is used, counted from the question, in milliseconds. */
const lifetime = { answered: 5000, nothing: 1000 } as const;
const maxKnown = 5000;
const maxBytes = 1024 * 1024;
const limits = { running: 8, waiting: 128, perPerson: 32 };

/** Returns the key of a question: everything that the answer can depend on. */
function keyOf({ impersonation }: Person, { kind, spec }: Review): string {
  const { user, uid, groups, extra } = impersonation;
  return createHash('sha256')
    .update(JSON.stringify([kind, spec, user, uid, groups, extra]))
    .digest('base64url');
}

/** Creates the function that sends one review. Resolves to undefined without an answer. */
function createSend({ ask, clock }: AccessReviewsDeps) {
  return async (person: Person, { kind, spec, detail }: Review, slots: ReviewSlots) => {
    const { cluster, impersonation } = person;
    const begun = clock();
    let release: (() => void) | undefined;
    try {
      // Refuses what must not go upstream before anything waits.
      const headers = impersonationHeaders(impersonation, cluster.allowSystem);
      release = await slots.take(impersonation.uid, timeoutMs);
      if (!release) return undefined;
      const resource = `${kind.toLowerCase()}s`;
      return await ask(
        cluster,
        {
          method: 'POST',
          path: `/apis/authorization.k8s.io/v1/${resource}`,
          headers: ['Accept', 'application/json', 'Content-Type', 'application/json', ...headers],
          body: JSON.stringify({ kind, apiVersion: 'authorization.k8s.io/v1', spec }),
          timeoutMs: Math.max(1, timeoutMs - (clock() - begun)),
          maxBytes,
        },
        {
          verb: 'create',
          user: { username: 'gateway:access-review' },
          impersonatedUser: {
            extra: impersonation.extra,
            groups: impersonation.groups,
            uid: impersonation.uid,
            username: impersonation.user,
          },
          objectRef: { apiGroup: 'authorization.k8s.io', apiVersion: 'v1', resource },
          detail,
        },
      );
    } catch {
      return undefined;
    } finally {
      release?.();
    }
  };
}

/**
 * Creates the reviews. They are sent with the gateway's own credential and the headers that impersonate the person, so
 * that the cluster answers about exactly what it would see, and the gateway needs no right but to impersonate. Each has
 * an audit ID and an event. An answer is used for seconds, and the number of questions is bounded.
 */
export function createAccessReviews(deps: AccessReviewsDeps): AccessReviews {
  const send = createSend(deps);
  // The answers of an upstream are forgotten with it, when another one replaces it.
  const answersOf = onceForEach((_cluster: Upstream) => ({
    slots: createReviewSlots(deps.limits ?? limits),
    known: createExpiringCache<Promise<ClusterAnswer | undefined>>({ max: maxKnown, clock: deps.clock }),
  }));
  const review = (person: Person, what: Review): Promise<ClusterAnswer | undefined> => {
    const { slots, known } = answersOf(person.cluster);
    const key = keyOf(person, what);
    const before = known.get(key);
    if (before) return before;
    const asking = send(person, what, slots);
    known.set(key, asking, lifetime.answered);
    void asking.then((answer) => {
      if (answer?.status !== 201) known.set(key, asking, lifetime.nothing);
    });
    return asking;
  };
  return {
    async mayPerson({ attributes, ...person }) {
      const detail = `The gateway asked whether the user may ${describeAttributes(attributes)}.`;
      const answer = await review(person, { kind: 'SelfSubjectAccessReview', spec: attributes, detail });
      return (answer && readAccess(answer)) ?? 'unknown';
    },
    async rulesOfPerson({ namespace, ...person }) {
      const detail = `The gateway asked what the user may do in the namespace ${namespace}.`;
      const answer = await review(person, { kind: 'SelfSubjectRulesReview', spec: { namespace }, detail });
      return answer && readRules(answer);
    },
  };
}
