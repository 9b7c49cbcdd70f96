import * as z from 'zod/mini';
import {
  checkedRequestSchema,
  credentialSchema,
  checkSchema,
  impersonationSchema,
  kubernetesAttributesSchema,
} from './check-call.ts';
import { nameSchema } from '../text/name.ts';
import { reviewVerdicts } from '../elevation/elevation.ts';
import { hasVisibleText } from '../text/has-visible-text.ts';
import { elevationTerms } from '../answers/elevations.ts';

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

/** Which notifications that were given up are sent again. Without a channel or an elevation, those of all. */
export const noticeResendSchema = z.strictObject({
  channel: z.optional(z.string().check(z.minLength(1), z.maxLength(63))),
  elevation: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
});

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

// POST /v1/elevation-candidates of authorize: which elevations could help with a request that a cluster has refused.

export const elevationCandidatesRequestSchema = z.strictObject({ check: checkSchema });

/** The elevations that the caller may ask for, the smallest first. */
export const elevationCandidatesSchema = z.object({
  candidates: z.array(
    z.object({
      /** What the request would have in addition upstream. */
      groups: z.array(z.string()).check(z.minLength(1)),
      /** Says what the caller can do about it. */
      sentence: z.string(),
    }),
  ),
});
export type ElevationCandidates = z.infer<typeof elevationCandidatesSchema>;

// POST /.sallyport/api/v1/elevations/dry-run on the gateway, which calls POST /v1/elevation-preview of authorize.

const shortText = z.string().check(z.minLength(1), z.maxLength(63));

/** What a person could ask for. */
export const previewedElevationSchema = z.strictObject({
  name: shortText,
  cluster: shortText,
  namespace: z.optional(shortText),
});

/** How many requests the policy is asked about. */
export const maxPreviewedRequests = 500;

/** `check` is a request in the place of the elevation, with the caller's own credential. */
export const elevationPreviewCallSchema = z.strictObject({
  check: checkSchema,
  asked: previewedElevationSchema,
  requests: z
    .array(z.object({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .check(z.maxLength(maxPreviewedRequests)),
});
export type ElevationPreviewCall = z.infer<typeof elevationPreviewCallSchema>;

/** The answer of authorize. */
export const elevationPlanSchema = z.object({
  ...elevationTerms,
  /** As whom the caller's requests go upstream now. */
  impersonation: impersonationSchema,
  /** Whether the policy would allow each of the requests. */
  allowed: z.array(z.boolean()),
});
export type ElevationPlan = z.infer<typeof elevationPlanSchema>;
