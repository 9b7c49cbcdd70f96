import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { about } from '../text/about.ts';

const maxSets = 5;

/** The most approvals that an elevation can need. */
export const maxApprovals = 10;

/** Some of those whose approval an elevation needs. Who belongs to them is a policy, as for `approvers`. */
const approverSetSchema = z
  .strictObject({
    name: about('The name that people read where an approval of this set is lacking.', nameSchema),
    by: about('Who belongs to the set, written like requesters.', z.unknown()),
    approvals: about(
      'How many different people of the set must approve.',
      z._default(z.int().check(z.minimum(1), z.maximum(maxApprovals)), 1),
    ),
  })
  .check(
    z.superRefine(({ by }, context) => {
      const fault = (message: string) => context.addIssue({ code: 'custom', path: ['by'], message });
      if (by == null) fault('is missing: say who belongs to it, for example {groups: [security]}');
      else if (allowsNoOne(by)) fault('allows no one to approve: it has no allow rule');
    }),
  );
export type ApproverSet = z.infer<typeof approverSetSchema>;

/** Reports whether a value is a policy without an allow rule. The policy engine reports what is not a policy. */
function allowsNoOne(value: unknown): boolean {
  const rules: unknown[] = Array.isArray(value) ? value : [value];
  return rules.every(
    (rule) =>
      typeof rule === 'object' && rule !== null && !Object.hasOwn(rule, 'groups') && !Object.hasOwn(rule, 'allow'),
  );
}

/** Several sets, each of which must approve. */
export const approverSetsSchema = z.array(approverSetSchema).check(
  z.minLength(1),
  z.maxLength(maxSets),
  z.superRefine((sets, context) => {
    const fault = (index: number, path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [index, path], message });
    for (const [index, { name, by }] of sets.entries()) {
      const before = sets.slice(0, index);
      if (before.some((other) => other.name === name)) fault(index, 'name', `two sets have the name ${name}`);
      const same = before.find((other) => by != null && JSON.stringify(other.by) === JSON.stringify(by));
      if (same) fault(index, 'by', `is the same as that of ${same.name}; ask for more approvals of that set instead`);
    }
    if (totalApprovals(sets) > maxApprovals)
      context.addIssue({ code: 'custom', message: `need more than ${maxApprovals} approvals in all` });
  }),
);

/** Returns how many approvals several sets need in all. */
export function totalApprovals(sets: readonly Pick<ApproverSet, 'approvals'>[]): number {
  return sets.reduce((sum, { approvals }) => sum + approvals, 0);
}
