import type { ElevationGain, ElevationPreview } from '@sallyport/contracts/answers';
import type { Environment } from '../environment/environment.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { readableSpan } from '../terminal/times.ts';
import { renderTable, type Column, type ListOptions, renderFacts } from '../terminal/table.ts';

/** Says what the policy of the gateway does with the verbs of a right. */
function policyOf({ verbs, refusedByPolicy, conditional }: ElevationGain): string {
  if (conditional.length === verbs.length) return 'depends on the request';
  if (refusedByPolicy.length === verbs.length) return 'refuses';
  const rest = conditional.length === 0 ? '' : `; ${conditional.join(',')} depends on the request`;
  return refusedByPolicy.length === 0 ? `allows${rest}` : `refuses ${refusedByPolicy.join(',')}${rest}`;
}

const columns: Column<ElevationGain>[] = [
  { name: 'RESOURCE', cell: ({ apiGroup, resource }) => (apiGroup === '' ? resource : `${resource}.${apiGroup}`) },
  { name: 'NAME', cell: ({ resourceName }) => resourceName ?? '' },
  { name: 'VERBS', cell: ({ verbs }) => verbs.join(',') },
  {
    name: 'POLICY',
    cell: policyOf,
    tone: ({ refusedByPolicy }) => (refusedByPolicy.length > 0 ? 'warning' : undefined),
  },
];

/** Says who approves. */
function approvalOf({ approvalsNeeded, approverGroups, approverSets }: ElevationPreview): string {
  if (approvalsNeeded === 0) return 'none needed, it begins at once';
  const from = (groups: readonly string[] | undefined) => groups?.join(' or ') ?? 'those that a policy names';
  if (!approverSets) return `${approvalsNeeded}, from ${from(approverGroups)}`;
  return approverSets.map(({ name, approvals, groups }) => `${approvals} of ${name} (${from(groups)})`).join(', ');
}

/** Says what the cluster itself would allow in addition. */
function describeGains({ gains, comparedIn, incomplete, omitted }: ElevationPreview): string {
  if (!gains) return 'The cluster did not say what you could do in addition.';
  const more = [
    ...(omitted > 0 ? [`${omitted} more rights are not listed.`] : []),
    ...(incomplete ? ['The cluster does not list all of its rules, so there may be more.'] : []),
  ];
  const what =
    gains.length === 0
      ? `The cluster lists nothing that you could do in addition in the namespace ${comparedIn}.`
      : `The cluster would allow you this in addition in the namespace ${comparedIn}.`;
  return [what, ...more].join(' ');
}

/** Writes what an elevation would change. */
export async function writePreview(
  environment: Environment,
  preview: ElevationPreview,
  options: ListOptions,
): Promise<void> {
  const { name, cluster, namespace, groups, maxDurationMs, gains = [] } = preview;
  const facts = [
    ['Elevation', name],
    ['Where', namespace === undefined ? cluster : `${cluster}/${namespace}`],
    ['Groups', groups.length === 0 ? 'none that you do not have there' : groups.join(', ')],
    ['Approval', approvalOf(preview)],
    ['At most', readableSpan(maxDurationMs)],
  ];
  const text = () =>
    [
      renderFacts(facts),
      `\n${forTerminal(describeGains(preview))}\n`,
      ...(gains.length === 0 ? [] : [renderTable(environment, { rows: gains, columns }, options)]),
      '\nThis was a dry run. Nothing was asked for.\n',
    ].join('');
  await writeResult(environment, options.output, preview, text);
}
