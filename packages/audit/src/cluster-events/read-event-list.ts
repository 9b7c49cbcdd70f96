import { isIgnored, readClusterEvent } from '@sallyport/audit-join';
import { dayMs } from '@sallyport/contracts/text';
import { parseJson, ProblemError } from '@sallyport/kit';
import type { ReceivedEvent } from './cluster-events.ts';
import type { Webhook } from './find-webhook.ts';

type ReadOptions = Pick<Webhook, 'ignore' | 'gatewayUsers'> & { now: number };

/** What a batch contains: the events to store, and how many are none, or not of this time. */
export type EventList = { events: ReceivedEvent[]; unreadable: number; untimely: number };

/** No batch has as many events. The default of kube-apiserver is 400. */
const maxEvents = 50_000;
/** An API server sends events within minutes. Others would be stored in days that retention does not expect. */
const oldestMs = 2 * dayMs;
const newestMs = 3_600_000;

function itemsOf(text: string): unknown[] {
  const body = parseJson(text);
  if (body === undefined) throw new ProblemError('bad-request', 'The body is not JSON.');
  const { kind, apiVersion, items } = (body ?? {}) as { kind?: unknown; apiVersion?: unknown; items?: unknown };
  if (kind !== 'EventList' || apiVersion !== 'audit.k8s.io/v1' || !Array.isArray(items))
    throw new ProblemError('bad-request', 'The body is not an EventList of audit.k8s.io/v1.');
  if (items.length > maxEvents)
    throw new ProblemError('too-large', `The batch has more than ${maxEvents} events. Make its batches smaller.`);
  return items as unknown[];
}

/**
 * Reads the body of a webhook's call. Throws `bad-request` if it is not a list of audit events. Members that are not needed
 * are dropped: bodies of requests, for example, contain Secrets.
 */
export function readEventList(text: string, { ignore, gatewayUsers, now }: ReadOptions): EventList {
  const list: EventList = { events: [], unreadable: 0, untimely: 0 };
  for (const item of itemsOf(text)) {
    const event = readClusterEvent(item);
    const at = event && Date.parse(event.stageTimestamp);
    if (!event || at === undefined || !isStorableTime(event.requestReceivedTimestamp)) list.unreadable += 1;
    else if (at < now - oldestMs || at > now + newestMs) list.untimely += 1;
    else {
      const keep = !isIgnored(event, ignore) || gatewayUsers?.includes(event.user.username) === true;
      // The beginning of a request says nothing about an ignored user that its end does not.
      if (keep || event.stage !== 'RequestReceived') list.events.push({ event, keep });
    }
  }
  return list;
}

/** Reports whether the database can hold a time. */
function isStorableTime(text: string): boolean {
  const at = Date.parse(text);
  return at > 0 && at < Date.UTC(9999, 0);
}
