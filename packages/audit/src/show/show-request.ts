import {
  elevationEventTypes,
  resultOf,
  showQuerySchema,
  type AuditEventType,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
  type FoundRecord,
  type ShownRequest,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Express } from 'express';
import type { ClusterEventStore } from '../cluster-events/cluster-events.ts';
import type { EventStore } from '../events/event-store.ts';
import type { QueryLimiter } from '../query/create-query-limiter.ts';
import { openQuery } from '../query/open-query.ts';
import { withResult } from '../query/with-result.ts';

/** Finds one page; undefined if the caller is gone. */
type FindPage = (query: AuditQuery) => Promise<AuditPage | undefined>;
type Filters = Partial<AuditQuery>;
type FindClusterEvents = (auditID: string) => Promise<ShownRequest['clusterEvents']>;

/** A request has two or three events, and a stream has a few more. */
const mostEvents = 1000;
/** So many requests are listed if an id is ambiguous. */
const mostMatches = 20;
const wholeId = 36;
/** Nobody holds as many at once. */
const mostElevations = 10;

/** An attempt and its repetition end within this time. */
const nearMs = 60_000;

const sessionEvents: AuditEventType[] = ['session.login', 'session.revoked', 'session.ended', 'session.expired'];

const byTime = <Event extends AuditRecord>(events: readonly Event[]): Event[] =>
  events.toSorted((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));

/** Returns one event of each request. */
function onePerRequest(events: readonly FoundRecord[]): FoundRecord[] {
  return [...new Map(events.map((event) => [event.data.auditID, event])).values()];
}

/** Finds the end of the other attempt, if a client tried over WebSocket and then over SPDY. */
async function findAttempts(
  events: readonly FoundRecord[],
  find: (filters: Filters) => Promise<FoundRecord[]>,
): Promise<FoundRecord[]> {
  const end = events.find((event) => (resultOf(event) ?? 'ok') !== 'ok');
  if (!end) return [];
  const { data, retryOf } = end;
  if (retryOf !== undefined) return (await find({ auditID: retryOf })).filter((event) => resultOf(event) !== undefined);
  const { protocol, sessionId: session } = data.sallyport;
  if (protocol?.toLowerCase() !== 'websocket' || session === undefined) return [];
  const [since, until] = [-nearMs, nearMs].map((ms) => new Date(Date.parse(end.time) + ms).toISOString());
  const near = await find({ session, type: 'k8s.request', subresource: data.objectRef?.subresource, since, until });
  return near.filter((event) => event.retryOf === data.auditID);
}

/** Returns the ids of the elevations that the request used. */
function elevationsOf(events: readonly AuditRecord[]): string[] {
  const used = events.flatMap(({ data: { sallyport } }) => sallyport.elevations ?? sallyport.elevation ?? []);
  return [...new Set(used.map(({ id }) => id))];
}

/** Finds the events of each elevation. An event is about one, and may be found by another one's name. */
async function ofElevations(
  ids: readonly string[],
  find: (id: string) => Promise<AuditRecord[]>,
): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for (const id of ids) all.push(...(await find(id)));
  return byTime(all.filter(({ data }) => ids.includes(data.sallyport.elevation?.id ?? '')));
}

/**
 * Shows one request: its events, its session and its elevation. `id` is an Audit-ID or the id of an event, or the first
 * characters of one. Throws `not-found` if there is none that the caller may see. Returns undefined if the caller is gone.
 */
export async function showRequest(
  id: string,
  findPage: FindPage,
  findClusterEvents: FindClusterEvents,
): Promise<ShownRequest | undefined> {
  let isGone = false;
  const find = async (filters: Filters): Promise<FoundRecord[]> => {
    const page = await findPage({ order: 'newest', limit: mostEvents, ...filters });
    isGone ||= page === undefined;
    return page?.events ?? [];
  };
  const empty = { attempts: [], clusterEvents: [], session: [], elevation: [] };
  const whole = id.length === wholeId;
  let found = onePerRequest(await find(whole ? { auditID: id } : { auditIDPrefix: id }));
  if (found.length === 0) found = onePerRequest(await find(whole ? { id } : { idPrefix: id }));
  if (isGone) return undefined;
  const [first] = found;
  if (!first)
    throw new ProblemError(
      'not-found',
      'No stored event that you may see has this id. An event is stored some seconds after it happened.',
    );
  if (found.length > 1) return { events: [], ...empty, matches: found.slice(0, mostMatches) };
  const events = await find({ auditID: first.data.auditID });
  const { sessionId } = first.data.sallyport;
  const clusters = new Set(events.map(({ data }) => data.sallyport.cluster?.name));
  const elevations = elevationsOf(events).slice(0, mostElevations);
  const eventsOf = async (types: readonly AuditEventType[], filters: Filters): Promise<AuditRecord[]> => {
    const all: AuditRecord[] = [];
    for (const type of types) all.push(...(await find({ ...filters, type, limit: 10 })));
    return byTime(all);
  };
  const shown = {
    events: byTime(events).map(withResult),
    attempts: (await findAttempts(events, find)).map(withResult),
    // Another cluster may have an event with the same id, which is not of this request.
    clusterEvents: (await findClusterEvents(first.data.auditID)).filter(({ cluster }) => clusters.has(cluster)),
    session: sessionId === undefined ? [] : await eventsOf(sessionEvents, { session: sessionId }),
    elevation: await ofElevations(elevations, (elevation) => eventsOf(elevationEventTypes, { elevation })),
  };
  return isGone ? undefined : shown;
}

/** Mounts `POST /v1/show`: one request with what belongs to it. */
export function mountShow(
  app: Express,
  deps: { events: Pick<EventStore, 'find'>; clusterEvents: Pick<ClusterEventStore, 'find'>; limiter: QueryLimiter },
): void {
  app.post('/v1/show', async (request, response) => {
    const { only, scope, search, run } = await openQuery(request, response, deps.limiter);
    const query = showQuerySchema.safeParse(Object.fromEntries(search));
    if (!query.success || [...search].length !== new Set(search.keys()).size)
      throw new ProblemError(
        'bad-request',
        'Invalid query: name one id, an Audit-ID or the id of an event, of which 4 to 36 characters are enough.',
      );
    const shown = await showRequest(
      query.data.id,
      (one) => run(() => deps.events.find(one, only)),
      (auditID) => deps.clusterEvents.find(auditID),
    );
    if (shown) response.set('cache-control', 'no-store').json({ ...shown, ...scope });
  });
}
