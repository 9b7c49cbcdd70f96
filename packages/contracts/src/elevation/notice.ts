import * as z from 'zod/mini';
import { approverSetProgressSchema } from './approver-set-progress.ts';
import { elevationEventTypes } from './elevation.ts';

const stepShape = {
  /** The id of the audit event of the same step. */
  id: z.string(),
  /** Counts the notices about one thing from 1. */
  number: z.int(),
  /** The type of that event. A newer replica may know more. */
  type: z.string(),
  at: z.number(),
  /** Who took the step; absent if the gateway did. */
  by: z.optional(z.string()),
  detail: z.optional(z.string()),
  /** The names of the channels that it is for. */
  channels: z.array(z.string()),
};

const elevationNoticeSchema = z.object({
  ...stepShape,
  elevation: z.object({
    id: z.string(),
    name: z.string(),
    cluster: z.string(),
    namespace: z.optional(z.string()),
    groups: z.array(z.string()),
    user: z.string(),
    reason: z.optional(z.string()),
    ticket: z.optional(z.string()),
    state: z.string(),
    durationMs: z.number(),
    startsAt: z.optional(z.number()),
    pendingUntil: z.number(),
    expiresAt: z.optional(z.number()),
    approvalsNeeded: z.number(),
    approvers: z.array(z.string()),
    /** Absent if there is only one set of approvers. */
    approverSets: z.optional(z.array(approverSetProgressSchema)),
    extends: z.optional(z.string()),
  }),
});
export type ElevationNotice = z.infer<typeof elevationNoticeSchema>;

const serviceAccountNoticeSchema = z.object({
  ...stepShape,
  serviceAccount: z.object({
    id: z.string(),
    name: z.string(),
    groups: z.array(z.string()),
    maker: z.object({ user: z.string(), email: z.optional(z.string()) }),
    expiresAt: z.number(),
    lastUsedAt: z.optional(z.number()),
  }),
});
export type ServiceAccountNotice = z.infer<typeof serviceAccountNoticeSchema>;

/**
 * What people are told of an elevation or a service account: what was true when it happened. It never changes after it was
 * stored, so that every attempt to send it says the same. Times are milliseconds since the epoch.
 */
export const noticeSchema = z.union([elevationNoticeSchema, serviceAccountNoticeSchema]);
export type Notice = z.infer<typeof noticeSchema>;

const serviceAccountPrefix = 'service-account/';

/** Returns what identifies the thing that a notice is about, among elevations and service accounts. */
export function aboutIdOf(notice: Notice): string {
  return 'elevation' in notice ? notice.elevation.id : `${serviceAccountPrefix}${notice.serviceAccount.id}`;
}

/** Reports whether such an id is that of a service account. */
export const isAboutServiceAccount = (aboutId: string): boolean => aboutId.startsWith(serviceAccountPrefix);

/** The types of events that people are told of. */
export const noticeEventTypes = [...elevationEventTypes, 'service_account.expiring'] as const;
