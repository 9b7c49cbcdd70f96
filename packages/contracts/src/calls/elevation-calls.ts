import * as z from 'zod/mini';
import { checkedRequestSchema, credentialSchema } from './check-call.ts';
import { nameSchema } from '../config/address.ts';
import { approverSetProgressSchema } from '../elevation/approver-set-progress.ts';
import { elevationStates, reviewVerdicts } from '../elevation/elevation.ts';
import { hasVisibleText } from '../text/has-visible-text.ts';
import { noticeResendSchema } from './notice-calls.ts';

// The calls about elevations, which the gateway passes on to authorize with the credential of the caller.

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));

/** What a person asks for. Durations are milliseconds, times are milliseconds since the epoch. */
export const elevationRequestSchema = z.strictObject({
  name: nameSchema,
  cluster: nameSchema,
  namespace: z.optional(nameSchema),
  durationMs: z.int().check(z.minimum(1000)),
  reason: z.optional(text(1024)),
  ticket: z.optional(text(200)),
  startsAt: z.optional(z.int().check(z.positive())),
});
export type ElevationRequest = z.infer<typeof elevationRequestSchema>;

/** The body of an extension. */
export const elevationExtensionSchema = z.strictObject({
  durationMs: z.int().check(z.minimum(1000)),
  reason: z.optional(text(1024)),
});

/** The body of a decision about an elevation. */
export const elevationDecisionSchema = z.strictObject({ reason: z.optional(text(1024)) });

/** The body of a review. */
export const elevationReviewSchema = z.strictObject({
  verdict: z._default(z.enum(reviewVerdicts), 'justified'),
  comment: text(1024).check(z.refine(hasVisibleText, 'must say something')),
});
export type ElevationReview = z.infer<typeof elevationReviewSchema>;

const asker = { credential: credentialSchema, request: checkedRequestSchema };
const id = z.string().check(z.minLength(1), z.maxLength(64));

/** `POST /v1/elevations`: one of several actions of a person. */
export const elevationCallSchema = z.discriminatedUnion('action', [
  z.object({ ...asker, action: z.literal('request'), asked: elevationRequestSchema }),
  z.object({ ...asker, action: z.literal('extend'), id, asked: elevationExtensionSchema }),
  z.object({
    ...asker,
    action: z.enum(['approve', 'deny', 'withdraw', 'revoke']),
    id,
    asked: elevationDecisionSchema,
  }),
  z.object({ ...asker, action: z.literal('review'), id, asked: elevationReviewSchema }),
  z.object({ ...asker, action: z.literal('show'), id }),
  /** `toReview`: those that the caller has to review, the one that is due first at the beginning. */
  z.object({ ...asker, action: z.literal('list'), all: z.boolean(), toReview: z.optional(z.boolean()) }),
  z.object({ ...asker, action: z.literal('options') }),
  z.object({ ...asker, action: z.literal('notices') }),
  z.object({ ...asker, action: z.literal('resend'), asked: noticeResendSchema }),
]);
export type ElevationCall = z.infer<typeof elevationCallSchema>;

/** One elevation as people see it. Times are milliseconds since the epoch. `may` lists what the caller can do with it. */
export const elevationViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  groups: z.array(z.string()),
  state: z.enum(elevationStates),
  user: z.string(),
  mine: z.boolean(),
  reason: z.optional(z.string()),
  ticket: z.optional(z.string()),
  durationMs: z.number(),
  createdAt: z.number(),
  pendingUntil: z.number(),
  startsAt: z.optional(z.number()),
  activeFrom: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  extends: z.optional(z.string()),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ user: z.string(), at: z.number(), sets: z.optional(z.array(z.string())) })),
  /** The sets of approvers that must approve. Absent if there is only one. */
  approverSets: z.optional(z.array(approverSetProgressSchema)),
  ended: z.optional(z.object({ at: z.number(), user: z.optional(z.string()), detail: z.optional(z.string()) })),
  /** Whether events of it wait for the audit log. */
  unrecorded: z.boolean(),
  /** Whether it begins without an approval. */
  breakGlass: z.optional(z.boolean()),
  /** Absent if it needs no review. */
  review: z.optional(
    z.object({
      /** The groups that review it, if the configuration names groups. */
      groups: z.optional(z.array(z.string())),
      /** Absent until it has begun. */
      dueAt: z.optional(z.number()),
      overdue: z.boolean(),
      done: z.optional(
        z.object({ user: z.string(), at: z.number(), verdict: z.enum(reviewVerdicts), comment: z.string() }),
      ),
    }),
  ),
  may: z.array(z.enum(['approve', 'deny', 'withdraw', 'revoke', 'extend', 'review'])),
  /** Set if the caller could decide after another login, in one of these authentication context classes if there are any. */
  freshLogin: z.optional(z.object({ acrValues: z.array(z.string()) })),
});
export type ElevationView = z.infer<typeof elevationViewSchema>;

export const elevationAnswerSchema = z.object({ elevation: elevationViewSchema });
export type ElevationAnswer = z.infer<typeof elevationAnswerSchema>;
export const elevationListSchema = z.object({ elevations: z.array(elevationViewSchema), omitted: z.number() });
export type ElevationList = z.infer<typeof elevationListSchema>;

/** An entry that the caller may ask for, and where. `namespaces` are names and patterns; a request names one namespace. */
const elevationOptionSchema = z.object({
  name: z.string(),
  groups: z.array(z.string()),
  maxDurationMs: z.number(),
  approvalsNeeded: z.number(),
  /** The sets of approvers of which each must approve. Absent if there is only one. */
  approverSets: z.optional(z.array(z.object({ name: z.string(), approvals: z.number() }))),
  reason: z.enum(['optional', 'required']),
  ticket: z.object({ required: z.boolean(), pattern: z.optional(z.string()) }),
  places: z.array(z.object({ cluster: z.string(), namespaces: z.optional(z.array(z.string())) })),
});
export type ElevationOption = z.infer<typeof elevationOptionSchema>;

/** What the caller may ask for. `omitted` counts the places that did not fit. */
export const elevationOptionsSchema = z.object({ options: z.array(elevationOptionSchema), omitted: z.number() });
export type ElevationOptions = z.infer<typeof elevationOptionsSchema>;
