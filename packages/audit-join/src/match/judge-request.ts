import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { readGatewayEvent, type GatewayEvent } from '../read/read-gateway-event.ts';
import { readMicros } from '../read/micros.ts';
import { compareEvents, isDenied, isJudged, type SentRequest } from './compare-events.ts';
import { describeFinding } from './describe-finding.ts';
import type { Difference, Finding } from './finding.ts';
import { isIgnored } from './is-ignored.ts';
import { identityPrint, pathPrint } from './prints.ts';
import { kindText, resourceOf } from './request-kind.ts';
import { unrecordedOf, type Reservations } from './reservations.ts';
import { retryWithin } from './take-known.ts';

/** A request as a cluster recorded it, and what else is known about its audit ID. */
export type RecordedRequest = {
  /** The cluster's event that says most. */
  event: ClusterEvent;
  /** The data of the gateway's events under the ID. */
  gateway: readonly unknown[];
  /** When other requests under the ID arrived, as RFC 3339. */
  others: readonly string[];
};

export type JudgeOptions = {
  /** The cluster's name in the gateway's configuration. */
  cluster: string;
  ignore: readonly string[];
  /** The accounts that the gateway's requests come from now. Without any, requests from all accounts are right. */
  gatewayUsers: readonly string[];
  /** Accounts of the gateway, of which a request that it does not know is never ignored. */
  watchedUsers: readonly string[];
  /** Those that `reservationsFor` names for the requests. */
  reservations: Reservations;
};

/** What the comparison of one request says. */
export type Judgment = {
  finding?: Finding;
  /** The gateway sent the request. What the cluster records of its requests is learned from these. */
  kind?: string;
  /** The account that sent it, unless it differs in more than its account. */
  account?: string;
};

type Known = SentRequest & { changes: boolean; took: number };

function merge(events: readonly GatewayEvent[]): Known | undefined {
  const [first] = events;
  if (!first) return undefined;
  const some = (of: (event: GatewayEvent) => boolean) => events.some(of);
  return {
    own: some((event) => event.own),
    refused: some((event) => event.refused),
    changes: some((event) => event.changes),
    user: first.user.username,
    identity: identityPrint(first.user),
    verb: first.verb,
    path: pathPrint(first.requestURI),
    took: Math.max(...events.map((event) => event.at)) - first.received,
  };
}

/** Reports whether another request under the ID is more than the gateway sending a read again after a lost connection. */
function isRepeated({ event, others }: RecordedRequest, known: Known): boolean {
  const at = readMicros(event.requestReceivedTimestamp)!;
  return others.some((other) => {
    const apart = Math.abs(at - (readMicros(other) ?? 0));
    return known.changes || apart > known.took + retryWithin;
  });
}

/** Returns the finding about a request that the gateway sent and did not record, because it was killed. */
function judgeUnfinished({ event, others }: RecordedRequest, options: JudgeOptions): Finding | undefined {
  const { gatewayUsers, reservations } = options;
  const unrecorded = unrecordedOf(event);
  if (!unrecorded || !reservations.explains(unrecorded)) return undefined;
  if (gatewayUsers.length > 0 && !gatewayUsers.includes(event.user.username)) return undefined;
  // A retry of the gateway is not told from a thief here, who learned the ID from the cluster's log.
  return others.length > 0 ? describeFinding('mismatched', event, ['repeated']) : describeFinding('unfinished', event);
}

/**
 * Judges one request, for logs that are compared as they arrive. Returns undefined if the gateway has no event of it yet,
 * unless `isLate`: then it bypassed the gateway, or its user is ignored.
 */
export function judgeRequest(request: RecordedRequest, options: JudgeOptions, isLate: boolean): Judgment | undefined {
  const { event } = request;
  const known = merge(request.gateway.flatMap((value) => readGatewayEvent(value, options.cluster) ?? []));
  const account = event.user.username;
  if (!known) {
    if (!isLate) return undefined;
    const unfinished = judgeUnfinished(request, options);
    if (unfinished) return { finding: unfinished };
    const isExpected = !options.watchedUsers.includes(account) && isIgnored(event, options.ignore);
    return isExpected ? {} : { finding: describeFinding('bypassed-gateway', event) };
  }
  const differs: Difference[] = isRepeated(request, known) ? ['repeated'] : [];
  if (isJudged(event) || known.refused) differs.push(...compareEvents(known, event));
  const kind = kindText({ verb: event.verb, resource: resourceOf(event.objectRef, event.requestURI) });
  // Of what the API server refuses before it reads the impersonation headers, the account says nothing.
  const isForeign = isJudged(event) && options.gatewayUsers.length > 0 && !options.gatewayUsers.includes(account);
  const about = { kind, ...(differs.length === 0 && isJudged(event) ? { account } : {}) };
  if (isForeign) differs.push('account');
  if (differs.length > 0) return { ...about, finding: describeFinding('mismatched', event, differs) };
  if (isJudged(event) && isDenied(event)) return { ...about, finding: describeFinding('denied-by-cluster', event) };
  return about;
}

/** Describes a request of the gateway to which the cluster responded, and its kind. Undefined for any other event. */
export function describeSent(value: unknown, cluster: string): { kind: string; finding: Finding } | undefined {
  const event = readGatewayEvent(value, cluster);
  if (!event || event.refused || !event.answered) return undefined;
  const resource = resourceOf(event.ref, event.requestURI);
  return {
    kind: kindText({ verb: event.verb, resource }),
    finding: {
      kind: 'missing-in-cluster-log',
      auditID: event.auditID,
      time: new Date(event.received / 1000).toISOString(),
      user: event.user.username,
      verb: event.verb,
      resource,
      requestURI: event.requestURI,
    },
  };
}
