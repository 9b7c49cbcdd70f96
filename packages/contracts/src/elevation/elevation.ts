import * as z from 'zod/mini';
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
  email: z.optional(z.string()),
  aliases: z.optional(z.array(z.string())),
  asserted: z.optional(z.array(z.string())),
});
export type ElevationPerson = z.infer<typeof personSchema>;

export type ElevationEventType = Extract<AuditEventType, `elevation.${string}`>;
export const elevationEventTypes: readonly ElevationEventType[] = auditEventTypes.filter(
  (type): type is ElevationEventType => type.startsWith('elevation.'),
);

export const reviewVerdicts = ['justified', 'unjustified'] as const;
export type ReviewVerdict = (typeof reviewVerdicts)[number];

/** That an elevation must be reviewed after it began, and what came of it. */
const reviewSchema = z.object({
  /** How long after its end, in milliseconds. */
  withinMs: z.number(),
  /** Whether `elevation.review-overdue` was handed to the audit log. */
  overdue: z.boolean(),
  done: z.optional(
    z.object({ by: personSchema, at: z.number(), verdict: z.enum(reviewVerdicts), comment: z.string() }),
  ),
});

/** An event that the audit log has not acknowledged yet. `number` counts the events of one elevation from 1. */
const unrecordedSchema = z.object({
  number: z.number(),
  type: z.enum(elevationEventTypes),
  at: z.number(),
  by: z.optional(personSchema),
  detail: z.optional(z.string()),
  /**
   * What the event says of the elevation, as it was right after the step: whenever the event is published, it says the
   * same. Absent in what older versions have stored.
   */
  facts: z.optional(
    z.object({
      approvers: z.array(z.string()),
      approvedFor: z.optional(z.array(z.string())),
      expiresAt: z.optional(z.number()),
      reviewDueAt: z.optional(z.number()),
    }),
  ),
});
export type UnrecordedEvent = z.infer<typeof unrecordedSchema>;

/**
 * One elevation as it is stored. Times are milliseconds since the epoch. What was asked for can only become stricter after
 * the request, with its entry. `revision` counts the changes, so that of two at the same time only one succeeds.
 */
export const elevationSchema = z.object({
  /** 2 with `approverSets`: a replica that knows only 1 would count approvals without looking at the sets. */
  format: z.union([z.literal(1), z.literal(2)]),
  revision: z.int(),
  id: z.string().check(z.minLength(1)),
  /** The entry in the configuration. */
  name: z.string(),
  cluster: z.string(),
  /** Absent: the whole cluster. */
  namespace: z.optional(z.string()),
  /** As configured when it was requested. */
  groups: z.array(z.string()),
  requester: personSchema,
  reason: z.optional(z.string()),
  ticket: z.optional(z.string()),
  durationMs: z.number(),
  /** When it begins at the earliest, if a later start was asked for. */
  startsAt: z.optional(z.number()),
  /** The elevation that this one extends, and when that one ends. */
  extends: z.optional(z.object({ id: z.string(), until: z.number() })),
  /** How many in all. */
  approvalsNeeded: z.int(),
  /** The sets of approvers that must approve, as configured when it was requested. Absent if there is only one. */
  approverSets: z.optional(z.array(z.object({ name: z.string(), approvals: z.int() }))),
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
    z.object({
      by: personSchema,
      at: z.number(),
      sets: z.optional(z.array(z.string())),
      under: z.optional(z.string()),
    }),
  ),
  /** Set once approved. */
  activeFrom: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  /** Whether `elevation.activated` was handed to the audit log. */
  announced: z.boolean(),
  ended: z.optional(z.object({ at: z.number(), by: z.optional(personSchema), detail: z.optional(z.string()) })),
  /** Absent if no one has to review it. */
  review: z.optional(reviewSchema),
  events: z.int(),
  unrecorded: z.array(unrecordedSchema),
});
export type Elevation = z.infer<typeof elevationSchema>;
