import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { approverSetsSchema, maxApprovals, totalApprovals } from './approver-set.ts';
import { durationSchema } from './duration.ts';

const longestMs = 7 * 24 * 3_600_000;

/** Globs over the names of clusters and namespaces, where `*` stands for any text. */
const nameGlob = z
  .string()
  .check(
    z.regex(/^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/, 'not a name or a pattern of one; write it like prod or prod-*'),
  );

const longestReviewMs = 90 * 24 * 3_600_000;

const boundedDuration = durationSchema.check(
  z.refine((ms) => ms >= 1000 && ms <= longestMs, 'must be between one second and seven days'),
);

/** Whether a request must name a ticket, and the glob that the ticket must match. */
const ticketSchema = z.union(
  [
    z.enum(['optional', 'required']),
    z.strictObject({
      required: z._default(z.boolean(), true),
      pattern: z.string().check(z.minLength(1), z.maxLength(200)),
    }),
  ],
  'must be optional, required, or {pattern: "INC-*"}',
);

/** Who reviews an elevation after it began, and how long after its end at the latest. */
const reviewSchema = z
  .strictObject({
    by: z.unknown(),
    within: z.prefault(
      durationSchema.check(
        z.refine((ms) => ms >= 1000 && ms <= longestReviewMs, 'must be between one second and 90 days'),
      ),
      '24h',
    ),
  })
  .check(
    z.refine(({ by }) => by != null, {
      path: ['by'],
      message: 'is missing: say who reviews, for example {groups: [security-auditors]}',
    }),
  );

/** A right that a person can ask for. Who may ask and approve is a policy, whose faults the policy engine reports. */
export const elevationEntrySchema = z.pipe(
  z
    .strictObject({
      name: nameSchema,
      clusters: z.array(nameGlob).check(z.minLength(1)),
      /** If given, a request must name one namespace, and the elevation applies only there. */
      namespaces: z.nullish(z.array(nameGlob).check(z.minLength(1))),
      groups: z.array(z.string().check(z.minLength(1), z.maxLength(253))).check(z.minLength(1), z.maxLength(32)),
      requesters: z.unknown(),
      approvers: z.optional(z.unknown()),
      approvals: z.nullish(z.int().check(z.minimum(0), z.maximum(maxApprovals))),
      /** Instead of `approvers`: several sets of people, each of which must approve. */
      approverSets: z.nullish(approverSetsSchema),
      maxDuration: z.prefault(boundedDuration, '1h'),
      pendingTimeout: z.prefault(boundedDuration, '1h'),
      reason: z._default(z.enum(['optional', 'required']), 'required'),
      ticket: z._default(ticketSchema, 'optional'),
      whenAuditUnavailable: z._default(z.enum(['refuse', 'spool']), 'refuse'),
      review: z.nullish(reviewSchema),
      /** The channels of `notifications` that are told. All of them by default. */
      notify: z.nullish(z.array(nameSchema)),
    })
    .check(
      z.superRefine((entry, context) => {
        const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
        if (entry.requesters == null) fault('requesters', 'is missing: say who may ask, for example {groups: [sre]}');
        const { approvals, approvers, approverSets } = entry;
        if (approverSets != null) {
          if (approvers != null) fault('approvers', 'is of no use with approverSets; make it one of the sets');
          if (approvals != null)
            fault('approvals', 'is of no use with approverSets, where each set has its own approvals');
          return;
        }
        if (approvals !== 0 && approvers == null)
          fault('approvers', 'is missing: say who approves, or set approvals: 0 for an elevation that begins at once');
        if (approvals === 0 && approvers != null)
          fault('approvers', 'is of no use with approvals: 0; remove one of the two');
      }),
    ),
  // Without sets, one approval is the default. With sets, it is what they need in all.
  z.transform((entry) => ({
    ...entry,
    approvals: entry.approverSets == null ? (entry.approvals ?? 1) : totalApprovals(entry.approverSets),
  })),
);
export type ElevationEntry = z.infer<typeof elevationEntrySchema>;

/** Returns the policy document that `requesters`, `approvers` or a `by` stands for. `{groups: [...]}` means any of them. */
export function elevationPolicy(value: unknown): unknown {
  const groups = listedGroups(value);
  return groups === undefined ? value : [{ allow: { or: groups.map((group) => ({ groups: group })) } }];
}

/** Returns the groups of `{groups: [...]}`; undefined for a policy. */
export function elevationGroups(value: unknown): string[] | undefined {
  const groups = listedGroups(value);
  return groups?.every((group) => typeof group === 'string') ? groups : undefined;
}

function listedGroups(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { groups, ...rest } = value as Record<string, unknown>;
  return Object.keys(rest).length === 0 && Array.isArray(groups) ? groups : undefined;
}
