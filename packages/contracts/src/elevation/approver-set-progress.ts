import * as z from 'zod/mini';

/** How far one of several sets of approvers has come. */
export const approverSetProgressSchema = z.object({
  name: z.string(),
  /** How many approvals it must give. */
  approvals: z.int(),
  /**
   * How many more approvals of people who belong to no other set would count. Someone who belongs to several sets can
   * count for any of them, so these can be more in all than what is lacking.
   */
  lacks: z.int(),
});
export type ApproverSetProgress = z.infer<typeof approverSetProgressSchema>;

/** Says which approvals are lacking, such as "2 of sre-leads and 1 of security". Empty without sets, or if none is. */
export function lackingWords({
  approvalsNeeded,
  approvals,
  approverSets = [],
}: {
  approvalsNeeded: number;
  approvals: readonly unknown[];
  approverSets?: readonly ApproverSetProgress[] | undefined;
}): string {
  const lacking = approvalsNeeded - approvals.length;
  const open = approverSets.filter(({ lacks }) => lacks > 0);
  if (lacking <= 0 || open.length === 0) return '';
  const choice = open.reduce((sum, { lacks }) => sum + lacks, 0) > lacking;
  if (choice)
    return `${lacking} of ${listed(
      open.map(({ name }) => name),
      'or',
    )}`;
  return listed(
    open.map(({ name, lacks }) => `${lacks} of ${name}`),
    'and',
  );
}

function listed(words: readonly string[], last: string): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}
