import type { ApiArea, Change } from '@sallyport/contracts';
import { hashToken, ProblemError, type Caller } from '@sallyport/kit';
import type { Request, Response } from 'express';
import { elevationCall, stepMs } from '../calls/ask-elevations.ts';
import type { ApiContext, ApiResult, ApiWork } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { watchRight } from '../calls/watch-right.ts';
import { mayIn } from './rights.ts';

type Deps = Pick<PortalDeps, 'authorize' | 'findCaller' | 'onChange' | 'recheckMs'>;
/** What may have changed: a list of the API. */
type Changed = 'streams' | 'sessions' | 'elevations' | 'policy';
type Rights = Record<'sessions' | 'elevations' | 'policy', boolean>;

const [perPerson, inAll] = [4, 200];
const paceMs = { streams: 2000, other: 1000 };
const aliveMs = 10_000;
/** A client that does not read is cut, and connects again. */
const mostBuffered = 64 * 1024;
const areas = ['sessions', 'elevations', 'policy'] as const satisfies ApiArea[];

/** Counts who has how many of these answers open. Returns what takes a place, and then what gives it up. */
function createPlaces(): (person: string) => () => void {
  const open = new Map<string, number>();
  let all = 0;
  return (person) => {
    const own = open.get(person) ?? 0;
    if (own >= perPerson || all >= inAll)
      throw new ProblemError('too-many-requests', 'Too many follow changes already. Read the lists from time to time.');
    open.set(person, own + 1);
    all += 1;
    return () => {
      all -= 1;
      const left = open.get(person)! - 1;
      if (left === 0) open.delete(person);
      else open.set(person, left);
    };
  };
}

/** Returns what a change can mean to a person. Of elevations, it is read again what they see. */
function meaningOf(change: Change, { session, identity }: Caller, rights: Rights): Changed[] {
  const isOwn = (owner: { issuer: string; subject: string }) =>
    owner.issuer === identity.issuer && owner.subject === identity.subject;
  switch (change.type) {
    case 'session-started':
    case 'session-revoked':
    case 'session-changed':
      return rights.sessions || change.sessionId === session.id || isOwn(change) ? ['sessions'] : [];
    case 'streams-changed':
      return rights.sessions || (change.owners?.some(isOwn) ?? true) ? ['streams'] : [];
    case 'policy-changed':
      return rights.policy ? ['policy'] : [];
    // Changes may have been missed.
    case 'hello':
    case 'gap':
      return ['streams', 'sessions', 'elevations', ...(rights.policy ? (['policy'] as const) : [])];
    default:
      return [];
  }
}

/** What one person sees, as far as it is asked again and again. */
function createView(deps: Deps, request: Request, context: ApiContext) {
  const rights: Rights = { sessions: false, elevations: false, policy: false };
  let elevations = '';
  let turn = 0;
  const readRight = async (area: (typeof areas)[number]) => {
    const before = rights[area];
    rights[area] = await mayIn(deps, request, context, area);
    return before !== rights[area];
  };
  const readElevations = async () => {
    const body = elevationCall(request, context, { action: 'list', all: rights.elevations });
    const answer = await deps.authorize.request({ method: 'POST', path: '/v1/elevations', body, timeoutMs: stepMs });
    const before = elevations;
    elevations = hashToken(JSON.stringify(answer.body));
    return before !== elevations;
  };
  return {
    rights,
    async begin(): Promise<void> {
      await Promise.all(areas.map(readRight));
      await readElevations();
    },
    /** Reads one right again, and the elevations. */
    async again(): Promise<Changed[]> {
      const area = areas[(turn += 1) % areas.length]!;
      const changed: Changed[] = (await readRight(area))
        ? [area, ...(area === 'sessions' ? (['streams'] as const) : [])]
        : [];
      return (await readElevations()) ? [...changed, 'elevations'] : changed;
    },
  };
}

type Following = { caller: Caller; view: ReturnType<typeof createView>; deps: Deps };

/** Writes what changes until the client is gone, or the caller may not follow any more. */
function sendChanges(response: Response, { caller, view, deps }: Following): void {
  const pending = new Set<Changed>();
  const write = (text: string) => {
    response.write(text);
    if (response.writableLength > mostBuffered) response.destroy();
  };
  const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  let toldStreams = -Infinity;
  const flush = () => {
    const now = performance.now();
    const what = [...pending].filter((one) => one !== 'streams' || now - toldStreams >= paceMs.streams);
    if (what.length === 0) return;
    if (what.includes('streams')) toldStreams = now;
    for (const one of what) pending.delete(one);
    write(event('changed', { what }));
  };
  const timers = [setInterval(flush, paceMs.other), setInterval(() => write(':\n\n'), aliveMs)];
  const check = async () => {
    for (const one of await view.again()) pending.add(one);
    return undefined;
  };
  const right = watchRight(
    check,
    (reason) => {
      stop();
      if (!response.destroyed && !response.writableEnded) response.end(event('end', { reason }));
    },
    deps.recheckMs,
  );
  const stopChanges = deps.onChange?.((change) => {
    for (const one of meaningOf(change, caller, view.rights)) pending.add(one);
    const isAboutRight = change.type === 'session-revoked' && change.sessionId === caller.session.id;
    if (isAboutRight || change.type === 'elevation-changed') right.check();
  });
  function stop(): void {
    for (const timer of timers) clearInterval(timer);
    stopChanges?.();
    right.stop();
  }
  response.once('close', stop);
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  write(event('hello', {}));
}

/**
 * Creates the call that says that something has changed which the caller may see, but not what: the client reads again. It
 * ends when the caller's session does.
 */
export function createChangeStream(deps: Deps): ApiWork {
  const enter = createPlaces();
  return async (request, caller, context): Promise<ApiResult> => {
    const { issuer, subject } = caller.identity;
    request.res?.once('close', enter(JSON.stringify([issuer, subject])));
    const view = createView(deps, request, context);
    await view.begin();
    return { status: 200, body: { caller, view, deps } satisfies Following };
  };
}

/** Sends the changes as server-sent events. */
export const sendChangeStream = (response: Response, { body }: ApiResult): void =>
  sendChanges(response, body as Following);
