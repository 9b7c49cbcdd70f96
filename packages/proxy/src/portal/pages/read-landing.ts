import {
  sessionListSchema,
  streamListSchema,
  type ElevationView,
  type SessionSummary,
  type StreamListRequest,
  type StreamRow,
} from '@sallyport/contracts';
import { callerHeader, encodeCaller, ProblemError, spanOf, type Caller, type Span } from '@sallyport/kit';
import type { Request } from 'express';
import { createElevationCalls } from '../calls/ask-elevations.ts';
import { askReach, withConnectors, type OwnCluster } from '../calls/ask-reach.ts';
import type { ApiContext } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { readAnswer } from '../calls/read-body.ts';

/** The first rows of a list, and how many more there are; or why there is no list at the moment. */
export type Rows<Row> = { rows: Row[]; more: number } | { unavailable: string };
type ClusterRow = Pick<OwnCluster, 'name' | 'host' | 'connector'>;
type ApplicationRow = { name: string | undefined; host: string; origin: string };

/** What the page at `/` shows to one user. */
export type Landing = {
  caller: Caller;
  clusters: Rows<ClusterRow>;
  applications: Rows<ApplicationRow>;
  sessions: Rows<SessionSummary>;
  streams: Rows<StreamRow> & { missing?: number };
  elevations: OwnElevations | { unavailable: string };
};

/** The open elevations that the caller sees, and whether they may ask for one. */
export type OwnElevations = { elevations: ElevationView[]; mayAsk: boolean };

/** How many rows the page shows. The command line lists all. */
const most = { clusters: 100, applications: 1000, sessions: 50, streams: 100 };
const timeoutMs = 4000;
const unavailable = { code: 'service-unavailable' } as const;
const ownStreams: StreamListRequest = { ended: false, all: false, where: {} };

/** Returns how a service is called for a caller. */
export const asCaller = (caller: Caller, span: Span | undefined) => ({
  headers: { [callerHeader]: encodeCaller(caller) },
  timeoutMs,
  span,
});

/** Returns the first rows, and how many more there are: the rest, and those that were left out before. */
export const firstOf = <Row>(all: readonly Row[], limit: number, omitted = 0) => ({
  rows: all.slice(0, limit),
  more: Math.max(0, all.length - limit) + omitted,
});

/** Reads one list. If it is not available at the moment, the rest of the page is shown without it. */
async function listed<T extends object>(list: Promise<T>): Promise<T | { unavailable: string }> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 503 || error.status === 429))
      return { unavailable: error.detail };
    throw error;
  }
}

/** Reads the clusters and the web applications of the caller, by one question to authorize. */
async function readReach(
  deps: PortalDeps,
  credential: { hash: string },
): Promise<Pick<Landing, 'clusters' | 'applications'>> {
  const applications = deps.applications?.() ?? [];
  const reach = await listed(askReach(deps, credential, { routes: applications.length > 0 }));
  if ('unavailable' in reach)
    return { clusters: reach, applications: applications.length === 0 ? { rows: [], more: 0 } : reach };
  const ownClusters = deps.clusters().filter(({ name }) => reach.clusters.has(name));
  const ownApplications = applications.filter(({ host }) => reach.routes.has(host));
  const shown = ({ name, host }: ApplicationRow) => name ?? host;
  ownClusters.sort((a, b) => a.name.localeCompare(b.name));
  ownApplications.sort((a, b) => shown(a).localeCompare(shown(b)));
  return {
    clusters: firstOf(await withConnectors(ownClusters, deps), most.clusters),
    applications: firstOf(ownApplications, most.applications),
  };
}

async function readSessions({ authenticate }: PortalDeps, caller: Caller, span: Span | undefined) {
  const answer = await authenticate.request({ method: 'GET', path: '/v1/sessions', ...asCaller(caller, span) });
  const { sessions } = readAnswer(sessionListSchema, answer, 'The list of sessions', unavailable);
  const order = (one: SessionSummary) => (one.current ? Infinity : one.createdAt);
  const newest = sessions.toSorted((a, b) => order(b) - order(a));
  return firstOf(newest, most.sessions);
}

async function readStreams({ authorize }: PortalDeps, caller: Caller, span: Span | undefined) {
  const asked = { method: 'POST', path: '/v1/streams', body: ownStreams } as const;
  const answer = await authorize.request({ ...asked, ...asCaller(caller, span) });
  const { streams, missing, omitted } = readAnswer(streamListSchema, answer, 'The list of streams', unavailable);
  const newest = streams.toSorted((a, b) => b.since - a.since);
  return { ...firstOf(newest, most.streams, omitted), missing: missing.length };
}

async function readElevations(deps: PortalDeps, request: Request, context: ApiContext): Promise<OwnElevations> {
  const calls = createElevationCalls(deps);
  const [{ elevations }, { options }] = await Promise.all([
    calls.list(request, context),
    calls.options(request, context),
  ]);
  return { elevations, mayAsk: options.length > 0 };
}

/** Hides elevations where authorize does not know the question, as during an update from an earlier version. */
function noElevations(error: unknown): OwnElevations {
  if (error instanceof ProblemError && (error.code === 'bad-request' || error.code === 'not-found'))
    return { elevations: [], mayAsk: false };
  throw error;
}

/**
 * Reads what the page shows: the clusters, web applications, sessions and open streams of the caller, and of no one else.
 * Of elevations, it shows those that wait for the caller too.
 */
export async function readLanding(
  deps: PortalDeps,
  request: Request,
  given: Caller,
  context: ApiContext,
): Promise<Landing> {
  const { credential } = context;
  const caller: Caller = { ...given, privileged: false };
  const span = spanOf(request);
  const [reach, sessions, streams, elevations] = await Promise.all([
    readReach(deps, credential),
    listed(readSessions(deps, caller, span)),
    listed(readStreams(deps, caller, span)),
    listed(readElevations(deps, request, context)).catch(noElevations),
  ]);
  return { caller, ...reach, sessions, streams, elevations };
}
