import { isPlainObject } from '../document/plain-object.ts';
import type { CompiledPolicy } from '../language/compiled-policy.ts';
import { namespaceOf } from '../reach/name-of.ts';
import { bitOf, type Field } from './fields.ts';
import { joinOutcomes } from './recorded-outcome.ts';
import type { createRecordedEvaluator } from './evaluate-recorded.ts';
import { readRecordedRequest, type RecordedRequest, type Undecided } from './recorded-request.ts';
import type { createSeenIds } from './seen-ids.ts';
import type { createTally, TallyResult } from './tally.ts';

type Fields = Record<string, unknown>;

/** The event that represents a request, or the reason why an event does not. */
type OpenedEvent =
  | { kind: 'request'; auditID: string; data: Fields }
  | { kind: 'other-type' | 'other-stage' | 'unreadable' };

/**
 * Finds the type and the data of an event in any format: the gateway's files, its API, or the data of a Kafka message.
 */
function unwrap(value: Fields): { type: unknown; data: unknown } {
  if (isPlainObject(value.data)) return { type: value.type, data: value.data };
  if (isPlainObject(value.cloudEvent)) return { type: value.cloudEvent.type, data: value };
  return {
    type: isPlainObject(value.sallyport) && isPlainObject(value.sallyport.cluster) ? 'k8s.request' : undefined,
    data: value,
  };
}

/** Opens an event of the audit trail. A request has several events, and the last one represents it. */
export function openEvent(value: unknown): OpenedEvent {
  if (!isPlainObject(value)) return { kind: 'unreadable' };
  const { type, data } = unwrap(value);
  if (!isPlainObject(data) || !isPlainObject(data.sallyport))
    return { kind: typeof type === 'string' && type !== 'k8s.request' ? 'other-type' : 'unreadable' };
  if (type !== 'k8s.request') return { kind: 'other-type' };
  const { auditID, stage } = data;
  if (typeof stage !== 'string' || typeof auditID !== 'string' || auditID === '') return { kind: 'unreadable' };
  if (stage !== 'ResponseComplete' && stage !== 'Panic') return { kind: 'other-stage' };
  return { kind: 'request', auditID, data };
}

/** A proposed policy or configuration. */
export type Proposal = {
  /**
   * Returns the policies for a request in a namespace, which is empty outside any namespace and undefined if the
   * request spans them. Returns `absent` if the proposal removes the cluster, and `other` if it is not about the
   * cluster.
   */
  policiesFor(cluster: string, namespace: string | undefined): readonly CompiledPolicy[] | 'absent' | 'other';
  refusesUser(cluster: string, user: string): boolean;
};

/** The counts of events that were not evaluated, by reason. */
export type SkippedEvents = Record<
  'other-type' | 'other-stage' | 'other-cluster' | 'other-time' | 'repeated' | Undecided,
  number
>;

export type ReplayResult = TallyResult & { events: number; skipped: SkippedEvents; repeatsMayBeMissed: boolean };

type Deps = {
  proposal: Proposal;
  evaluate: ReturnType<typeof createRecordedEvaluator>;
  tally: ReturnType<typeof createTally>;
  seen: ReturnType<typeof createSeenIds>;
  since: number | undefined;
  until: number | undefined;
};

/**
 * Returns the possible namespaces of a request. There may be several if the event does not record facts of the kind.
 */
function namespacesOf(request: RecordedRequest): Set<string | undefined> {
  const either = (known: boolean | undefined, field: Field) =>
    (request.missing & bitOf(field)) === 0 ? [known] : [true, false];
  return new Set(
    either(request.namespaced, 'kubernetes.namespaced').flatMap((namespaced) =>
      either(request.aggregated, 'kubernetes.aggregated').map((aggregated) =>
        namespaceOf({ ...request, namespaced, aggregated }),
      ),
    ),
  );
}

function evaluateRequest(
  request: RecordedRequest,
  { proposal, evaluate, tally }: Deps,
): keyof SkippedEvents | undefined {
  const { cluster, user } = request;
  const lists = new Set([...namespacesOf(request)].map((namespace) => proposal.policiesFor(cluster, namespace)));
  if (lists.has('other')) return 'other-cluster';
  if (lists.has('absent')) {
    tally.add(request, { known: true, effect: 'deny', rule: 'no such cluster' });
    return undefined;
  }
  const outcome = joinOutcomes(
    [...lists].map((policies) => evaluate(policies as readonly CompiledPolicy[], request)),
    'kubernetes.namespaced',
  );
  const refused = outcome.known && outcome.effect === 'allow' && proposal.refusesUser(cluster, user);
  tally.add(request, refused ? { known: true, effect: 'deny', rule: `cluster/${cluster}.impersonate` } : outcome);
  return undefined;
}

/** Creates a replayer, which takes recorded events in any order and evaluates each request once by the proposal. */
export function createReplayer(deps: Deps) {
  const skipped: SkippedEvents = {
    'other-type': 0,
    'other-stage': 0,
    'other-cluster': 0,
    'other-time': 0,
    repeated: 0,
    'not-decided': 0,
    'not-logged-in': 0,
    impersonation: 0,
    unreadable: 0,
  };
  let events = 0;
  const takeOne = (value: unknown): keyof SkippedEvents | undefined => {
    const event = openEvent(value);
    if (event.kind !== 'request') return event.kind;
    if (!deps.seen.isNew(event.auditID)) return 'repeated';
    const request = readRecordedRequest(event.auditID, event.data);
    if (typeof request === 'string') return request;
    if (
      (deps.since !== undefined && request.now < deps.since) ||
      (deps.until !== undefined && request.now >= deps.until)
    )
      return 'other-time';
    return evaluateRequest(request, deps);
  };
  return {
    take(values: readonly unknown[]): void {
      for (const value of values) {
        events += 1;
        const passed = takeOne(value);
        if (passed) skipped[passed] += 1;
      }
    },
    unreadable(count: number): void {
      events += count;
      skipped.unreadable += count;
    },
    result: (): ReplayResult => ({
      ...deps.tally.result(),
      events,
      skipped: { ...skipped },
      repeatsMayBeMissed: deps.seen.forgetful,
    }),
  };
}
