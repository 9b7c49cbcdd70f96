import { z } from 'zod';
import { auditEventTypes, type AuditEventType } from '../audit/audit-event-types.ts';

/** `approved` is not yet a right: it becomes one when the audit log has it, and when its start has come. */
export const elevationStates = [
  'pending',
  'approved',
  'active',
  'expired',
  'revoked',
  'denied',
  'withdrawn',
  'timed-out',
] as const;
export type ElevationState = (typeof elevationStates)[number];

/**
 * Who did something. `issuer` and `subject` are the key, the others are what people know them by. `aliases` is what else
 * identified them at that time, and `asserted` what their provider has not verified (absent: not known, if there is no
 * address). Both are compared, and never shown.
 */
const personSchema = z.object({
  issuer: z.string(),
  subject: z.string(),
  user: z.string(),
  email: z.string().optional(),
  aliases: z.array(z.string()).optional(),
  asserted: z.array(z.string()).optional(),
});
export type ElevationPerson = z.infer<typeof personSchema>;

export type ElevationEventType = Extract<AuditEventType, `elevation.${string}`>;
export const elevationEventTypes: readonly ElevationEventType[] = auditEventTypes.filter(
  (type): type is ElevationEventType => type.startsWith('elevation.'),
);

export const reviewVerdicts = ['justified', 'unjustified'] as const;

/** That an elevation must be reviewed after it began, and what came of it. */
const reviewSchema = z.object({
  /** How long after its end, in milliseconds. */
  withinMs: z.number(),
  /** Whether `elevation.review-overdue` was handed to the audit log. */
  overdue: z.boolean(),
  done: z.object({ by: personSchema, at: z.number(), verdict: z.enum(reviewVerdicts), comment: z.string() }).optional(),
});

/** An event that the audit log has not acknowledged yet. `number` counts the events of one elevation from 1. */
const unrecordedSchema = z.object({
  number: z.number(),
  type: z.enum(elevationEventTypes),
  at: z.number(),
  by: personSchema.optional(),
  detail: z.string().optional(),
  /**
   * What the event says of the elevation, as it was right after the step: whenever the event is published, it says the
   * same. Absent in what older versions have stored.
   */
  facts: z
    .object({
      approvers: z.array(z.string()),
      approvedFor: z.array(z.string()).optional(),
      expiresAt: z.number().optional(),
      reviewDueAt: z.number().optional(),
    })
    .optional(),
});
export type UnrecordedEvent = z.infer<typeof unrecordedSchema>;

/**
 * One elevation as it is stored. Times are milliseconds since the epoch. What was asked for can only become stricter after
 * the request, with its entry. `revision` counts the changes, so that of two at the same time only one succeeds.
 */
export const elevationSchema = z.object({
  /** 2 with `approverSets`: a replica that knows only 1 would count approvals without looking at the sets. */
  format: z.union([z.literal(1), z.literal(2)]),
  revision: z.number().int(),
  id: z.string().min(1),
  /** The entry in the configuration. */
  name: z.string(),
  cluster: z.string(),
  /** Absent: the whole cluster. */
  namespace: z.string().optional(),
  /** As configured when it was requested. */
  groups: z.array(z.string()),
  requester: personSchema,
  reason: z.string().optional(),
  ticket: z.string().optional(),
  durationMs: z.number(),
  /** When it begins at the earliest, if a later start was asked for. */
  startsAt: z.number().optional(),
  /** The elevation that this one extends, and when that one ends. */
  extends: z.object({ id: z.string(), until: z.number() }).optional(),
  /** How many in all. */
  approvalsNeeded: z.number().int(),
  /** The sets of approvers that must approve, as configured when it was requested. Absent if there is only one. */
  approverSets: z.array(z.object({ name: z.string(), approvals: z.number().int() })).optional(),
  whenAuditUnavailable: z.enum(['refuse', 'spool']),
  createdAt: z.number(),
  changedAt: z.number(),
  pendingUntil: z.number(),
  state: z.enum(elevationStates),
  /**
   * `sets`: those of `approverSets` to which the approver belonged then. `under` identifies the policies by which they were
   * an approver. Earlier versions did not write it.
   */
  approvals: z.array(
    z.object({ by: personSchema, at: z.number(), sets: z.array(z.string()).optional(), under: z.string().optional() }),
  ),
  /** Set once approved. */
  activeFrom: z.number().optional(),
  expiresAt: z.number().optional(),
  /** Whether `elevation.activated` was handed to the audit log. */
  announced: z.boolean(),
  ended: z.object({ at: z.number(), by: personSchema.optional(), detail: z.string().optional() }).optional(),
  /** Absent if no one has to review it. */
  review: reviewSchema.optional(),
  events: z.number().int(),
  unrecorded: z.array(unrecordedSchema),
});
export type Elevation = z.infer<typeof elevationSchema>;
