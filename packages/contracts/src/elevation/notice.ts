import { z } from 'zod';
import { approverSetProgressSchema } from './approver-set-progress.ts';

/**
 * One step of an elevation as people are told of it: what was true when it was taken. It is stored with the step, and never
 * changes, so that every attempt to send it says the same. Times are milliseconds since the epoch.
 */
export const noticeSchema = z.object({
  /** The id of the audit event of the same step. */
  id: z.string(),
  /** Counts the events of one elevation from 1. */
  number: z.number().int(),
  /** One of the types of elevation events. A newer replica may know more. */
  type: z.string(),
  at: z.number(),
  /** Who took the step; absent if the gateway did. */
  by: z.string().optional(),
  detail: z.string().optional(),
  /** The names of the channels that it is for. */
  channels: z.array(z.string()),
  elevation: z.object({
    id: z.string(),
    name: z.string(),
    cluster: z.string(),
    namespace: z.string().optional(),
    groups: z.array(z.string()),
    user: z.string(),
    reason: z.string().optional(),
    ticket: z.string().optional(),
    state: z.string(),
    durationMs: z.number(),
    startsAt: z.number().optional(),
    pendingUntil: z.number(),
    expiresAt: z.number().optional(),
    approvalsNeeded: z.number(),
    approvers: z.array(z.string()),
    /** Absent if there is only one set of approvers. */
    approverSets: z.array(approverSetProgressSchema).optional(),
    extends: z.string().optional(),
  }),
});
export type Notice = z.infer<typeof noticeSchema>;
