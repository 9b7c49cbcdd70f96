import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { approverSetsSchema, maxApprovals, totalApprovals } from './approver-set.ts';
import { dayMs } from '../text/duration.ts';
import { durationSchema } from './quantities.ts';
import { about } from '../text/about.ts';

const longestMs = 7 * dayMs;

/** Globs over the names of clusters and namespaces, where `*` stands for any text. */
const nameGlob = z
  .string()
  .check(
    z.regex(/^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/, 'not a name or a pattern of one; write it like prod or prod-*'),
  );

const longestReviewMs = 90 * dayMs;

const boundedDuration = durationSchema.check(
  z.refine((ms) => ms >= 1000 && ms <= longestMs, 'must be between one second and seven days'),
);

/** Whether a request must name a ticket, and the glob that the ticket must match. */
const ticketSchema = z.union(
  [
    z.enum(['optional', 'required']),
    z.strictObject({
      required: about(
        'Whether a ticket must be given. If not, one that is given must still match.',
        z._default(z.boolean(), true),
      ),
      pattern: about(
        'The form of a ticket, such as INC-*, where * stands for any text.',
        z.string().check(z.minLength(1), z.maxLength(200)),
      ),
    }),
  ],
  'must be optional, required, or {pattern: "INC-*"}',
);

/** Who reviews an elevation after it began, and how long after its end at the latest. */
const reviewSchema = z
  .strictObject({
    by: about(
      'Who reviews, written like requesters. People cannot review their own elevations, under any account.',
      z.unknown(),
    ),
    within: about(
      'How long after the end of an elevation its review is due, up to 90 days.',
      z.prefault(
        durationSchema.check(
          z.refine((ms) => ms >= 1000 && ms <= longestReviewMs, 'must be between one second and 90 days'),
        ),
        '24h',
      ),
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
      name: about('The name that people ask for, and that the criterion elevation matches.', nameSchema),
      clusters: about(
        'The clusters on which it can be had: names, or patterns such as prod-*.',
        z.array(nameGlob).check(z.minLength(1)),
      ),
      namespaces: about(
        'If set, a request must name one of these namespaces (names or patterns), and the elevation applies only there.',
        z.nullish(z.array(nameGlob).check(z.minLength(1))),
      ),
      groups: about(
        'The groups that the person has in addition while it is active. They must pass impersonate.groups of the clusters. An elevation keeps the groups of its request, as far as they are still configured.',
        z.array(z.string().check(z.minLength(1), z.maxLength(253))).check(z.minLength(1), z.maxLength(32)),
      ),
      requesters: about(
        'Who may ask: {groups: [...]} means anyone in one of the groups, anything else is a policy (PPL). Whoever no longer meets it loses the elevation.',
        z.unknown(),
      ),
      approvers: about(
        'Who may approve and deny, written like requesters. People cannot approve their own requests, under any account.',
        z.optional(z.unknown()),
      ),
      approvals: about(
        'How many different people must approve: 1 by default. With 0 it begins at once.',
        z.nullish(z.int().check(z.minimum(0), z.maximum(maxApprovals))),
      ),
      approverSets: about(
        'Instead of approvers and approvals: sets of people, each of which must approve. One person counts for one set.',
        z.nullish(approverSetsSchema),
      ),
      maxDuration: about(
        'The longest time that can be asked for, up to seven days.',
        z.prefault(boundedDuration, '1h'),
      ),
      pendingTimeout: about(
        'A request that is not decided within this time is over.',
        z.prefault(boundedDuration, '1h'),
      ),
      reason: about(
        'Whether a request must give a reason: required (the default) or optional.',
        z._default(z.enum(['optional', 'required']), 'required'),
      ),
      ticket: about(
        'Whether a request must name a ticket: optional (the default), required, or a pattern.',
        z._default(ticketSchema, 'optional'),
      ),
      whenAuditUnavailable: about(
        'What happens while the audit log cannot be reached: refuse (the default) lets nothing begin, spool lets it begin once its events are on the disk of audit.spool.',
        z._default(z.enum(['refuse', 'spool']), 'refuse'),
      ),
      review: about(
        'Who has to review an elevation after it began. Applies to those that are requested from then on.',
        z.nullish(reviewSchema),
      ),
      notify: about(
        'The channels of notifications that are told of its steps. All of them by default, [] for none. One that begins without approval must tell a channel of elevation.activated.',
        z.nullish(z.array(nameSchema)),
      ),
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
