import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { lineOfJson, ProblemError } from '@sallyport/kit';
import type { CursorSeal } from '../query/seal-cursors.ts';
import { withResult } from '../query/with-result.ts';
import type { Arrivals } from './create-arrivals.ts';
import type { FindPage } from './export-trail.ts';

/** So many events are read and sent before the client must have taken them. */
const pageSize = 200;
const heartbeatMs = 15_000;
const retryMs = 1000;

/** Reports whether a query may be repeated: the store is down, or has too much to do. */
const isPassing = (error: unknown) => error instanceof ProblemError && (error.status === 503 || error.status === 429);

const message = (fields: Record<string, string>) =>
  `${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}\n`;

type Seal = CursorSeal['seal'];

/** Returns the events of a page. The last one carries the position from which a client continues. */
function messagesOf({ events, next, latest }: AuditPage, seal: Seal): string {
  const position = seal(next ?? latest ?? '');
  return events
    .map((event, index) =>
      message({
        ...(index === events.length - 1 ? { id: position } : {}),
        event: 'audit',
        data: lineOfJson(withResult(event)),
      }),
    )
    .join('');
}

/**
 * Returns the events that are stored from now on, or from `query.after` on, as server-sent events (text/event-stream)
 * until the signal ends it. Nothing is read while the client does not take what was sent.
 */
export async function* tailTrail(
  query: AuditQuery,
  { find, arrivals, seal, signal }: { find: FindPage; arrivals: Arrivals; seal: Seal; signal: AbortSignal },
): AsyncGenerator<string> {
  const first = query.after === undefined ? await find({ ...query, order: 'newest', limit: 1 }) : undefined;
  let after = query.after ?? first?.latest;
  // A message without data only tells the position, for a client that reconnects before the first event.
  yield message({ ...(after === undefined ? {} : { id: seal(after) }), retry: '2000' });
  let sentAt = performance.now();
  while (!signal.aborted) {
    const seen = arrivals.version();
    let page: AuditPage | undefined;
    try {
      page = await find({ ...query, order: 'oldest', limit: pageSize, ...(after === undefined ? {} : { after }) });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await arrivals.changed(seen, retryMs, signal);
      yield ': the store cannot be reached\n\n';
      continue;
    }
    if (!page) return;
    if (page.events.length > 0) {
      yield messagesOf(page, seal);
      sentAt = performance.now();
    }
    after = page.next ?? page.latest ?? after;
    if (page.next !== undefined) continue;
    await arrivals.changed(seen, Math.max(1, heartbeatMs - (performance.now() - sentAt)), signal);
    // By the time alone: events that this person does not see must not hold the heartbeat up, nor show by it.
    if (performance.now() - sentAt < heartbeatMs) continue;
    yield ':\n\n';
    sentAt = performance.now();
  }
}
