import { createHash } from 'node:crypto';
import type { AuditRecord, Elevation, UnrecordedEvent } from '@sallyport/contracts';
import { factsOf, isBreakGlass } from '@sallyport/elevation';
import { auditKey, createAuditRecord, microTime } from '@sallyport/audit-log';
import { uuidOf } from '@sallyport/kit';

/**
 * Returns the id of an event of an elevation: a UUID of version 8 (RFC 9562) that is the same however often, and by
 * whichever replica, the event is published. Consumers deduplicate by it.
 */
export function eventId(elevationId: string, number: number): string {
  return uuidOf(createHash('sha256').update(`${elevationId}\0${number}`).digest());
}

/**
 * Describes one event of an elevation for the audit trail: the same whenever, and by whichever replica, it is published.
 * The members are in the order of RFC 8785.
 */
export function describeElevationEvent(elevation: Elevation, event: UnrecordedEvent): AuditRecord {
  const { id, name, cluster, namespace, ticket, groups, reason, requester } = elevation;
  const { approvers, approvedFor, expiresAt, reviewDueAt: dueAt } = factsOf(elevation, event);
  const verdict = event.type === 'elevation.reviewed' ? elevation.review?.done?.verdict : undefined;
  const time = microTime(event.at);
  const identity = event.by && { email: event.by.email, groups: [], iss: event.by.issuer, sub: event.by.subject };
  return createAuditRecord(
    {
      type: event.type,
      source: 'sallyport/authorize',
      key: auditKey(cluster, undefined),
      data: {
        auditID: eventId(id, event.number),
        stage: 'ResponseComplete',
        requestURI: '',
        verb: event.type.slice('elevation.'.length),
        user: event.by ? { username: event.by.user } : {},
        requestReceivedTimestamp: time,
        stageTimestamp: time,
        sallyport: {
          cluster: { id: cluster, name: cluster },
          ...(event.detail === undefined ? {} : { detail: event.detail }),
          elevation: {
            approvedFor,
            approvers,
            breakGlass: isBreakGlass(elevation) || undefined,
            expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
            groups,
            id,
            name,
            namespace,
            reason,
            review: dueAt === undefined ? undefined : { dueAt: new Date(dueAt).toISOString(), verdict },
            ticket,
            user: requester.user,
          },
          ...(identity ? { identity } : {}),
        },
      },
    },
    { now: () => event.at, randomId: () => eventId(id, event.number) },
  );
}
