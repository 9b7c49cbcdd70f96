import { judgeRequest, readReservations, reservationsFor, type Judgment } from '@sallyport/audit-join';
import { reservedForMs, type AuditEventType } from '@sallyport/contracts';
import type { Webhook } from '../cluster-events/find-webhook.ts';
import { searchable } from '../events/event-row.ts';
import { createFindingFolder } from './fold-findings.ts';
import type { JoinMetrics } from './join-metrics.ts';
import type { JoinStore, OpenEvent, Verdict } from './join-store.ts';

/** A cluster that sends its events. */
export type JoinedCluster = Pick<Webhook, 'ignore' | 'gatewayUsers' | 'grace'> & { name: string };

/** How many events are judged at a time. */
const batch = 500;
/** A request may begin before its first stage is recorded, and clocks differ. */
const earlierMs = 600_000;
/** By then an event is judged even if the trail seems to be behind. */
const longestWaitMs = 15 * 60_000;

type Request = { events: OpenEvent[]; last: OpenEvent };

const order = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** Puts the stages of each request together. A second request under the same ID was received at another time. */
function requestsOf(events: readonly OpenEvent[]): Request[] {
  const requests = new Map<string, Request>();
  for (const event of events) {
    const key = `${event.received} ${event.auditId}`;
    const request = requests.get(key);
    if (!request) requests.set(key, { events: [event], last: event });
    else {
      request.events.push(event);
      if (order.indexOf(event.stage) >= order.indexOf(request.last.stage)) request.last = event;
    }
  }
  return [...requests.values()];
}

/** Returns the members that identify an event. */
const placeOf = ({ time, received, auditId, stage }: OpenEvent) => ({ time, received, auditId, stage });

/** What is known about the IDs of a batch. */
async function lookUp(join: JoinStore, { name, gatewayUsers }: JoinedCluster, events: readonly OpenEvent[]) {
  const ids = [...new Set(events.map(({ auditId }) => auditId))];
  const earliest = Math.min(...events.map(({ received }) => Date.parse(received))) - earlierMs;
  const recorded = (of: readonly string[], type: AuditEventType, since: number) =>
    join.gatewayEvents(name, of, { type, since: new Date(since).toISOString() });
  const gateway = Map.groupBy(await recorded(ids, 'k8s.request', earliest), ({ auditId }) => auditId);
  const reserved = [...new Set(ids.filter((id) => !gateway.has(id)).flatMap(reservationsFor))];
  const reservations =
    reserved.length === 0 ? [] : await recorded(reserved, 'audit.reservation', earliest - reservedForMs);
  const arrivals = Map.groupBy(await join.arrivals(name, ids), ({ auditId }) => auditId);
  return {
    gateway,
    reservations: readReservations(
      reservations.map(({ data }) => data),
      name,
    ),
    arrivals,
    ...(await findAccounts(join, name, gatewayUsers, events)),
  };
}

/**
 * Returns the accounts that the gateway's requests must come from, and those whose other requests are never ignored. An
 * hour without requests ends only the first: a credential can be stolen at night.
 */
async function findAccounts(
  join: JoinStore,
  cluster: string,
  given: readonly string[] | undefined,
  events: readonly OpenEvent[],
) {
  if (given) return { gatewayUsers: given, watchedUsers: given };
  const { current, known } = await join.gatewayAccounts(cluster);
  const names = [...new Set(events.map(({ event }) => event.user.username))];
  const namesOf = (accounts: readonly string[]) => names.filter((name) => accounts.includes(searchable(name)));
  return {
    gatewayUsers: current === undefined ? [] : [current, ...namesOf([current])],
    watchedUsers: namesOf(known),
  };
}

/**
 * Judges the next events of a cluster. Returns whether there may be more to judge right away. `canAccuse`: the trail is up
 * to date, so that a request without an event of the gateway did bypass it.
 */
export async function judgeEvents(
  { join, metrics }: { join: JoinStore; metrics: JoinMetrics },
  cluster: JoinedCluster,
  { waitMs, canAccuse, period }: { waitMs: number; canAccuse: boolean; period: string },
): Promise<boolean> {
  const events = await join.open(cluster.name, batch);
  if (events.length === 0) return false;
  const { gateway, reservations, arrivals, gatewayUsers, watchedUsers } = await lookUp(join, cluster, events);
  const folder = createFindingFolder(cluster.name, await join.folds(cluster.name, period));
  const verdicts: Verdict[] = [];
  const kinds = new Set<string>();
  const accounts = new Map<string, number>();
  const options = { cluster: cluster.name, ignore: cluster.ignore, gatewayUsers, watchedUsers, reservations };

  const learn = ({ kind, account }: Judgment) => {
    if (kind !== undefined) kinds.add(kind);
    if (account !== undefined) accounts.set(account, (accounts.get(account) ?? 0) + 1);
  };
  for (const request of requestsOf(events)) {
    const { last } = request;
    const age = Math.max(...request.events.map(({ ageMs }) => ageMs));
    const under = arrivals.get(last.auditId) ?? [];
    const others = under.filter(
      ({ received, isJudged }) => received !== last.received && (isJudged || received < last.received),
    );
    const judgment = judgeRequest(
      {
        event: last.event,
        gateway: (gateway.get(last.auditId) ?? []).map(({ data }) => data),
        others: others.map(({ received }) => received),
      },
      options,
      age >= (canAccuse ? waitMs : longestWaitMs),
    );
    if (!judgment) continue;
    learn(judgment);
    // An earlier stage of this request was found already.
    const isTold = under.some(({ received, isFound }) => received === last.received && isFound);
    const finding = isTold ? undefined : judgment.finding;
    if (finding) metrics.found(cluster.name, finding.kind, 1);
    const alert = finding && folder.add(finding);
    for (const event of request.events)
      verdicts.push({
        ...placeOf(event),
        isFound: judgment.finding !== undefined,
        ...(alert !== undefined && event === last ? { alert } : {}),
      });
  }
  if (verdicts.length === 0) return false;
  await join.record(cluster.name, { verdicts, alerts: folder.alerts(), period, kinds: [...kinds], accounts });
  return events.length === batch;
}
