import { forTerminal } from '../terminal/for-terminal.ts';
import { table } from '../terminal/table.ts';
import { listedVerbs, type Rights } from './list-rights.ts';

function cell(right: Rights['rights'][number]['verbs'][string] | undefined): string {
  if (right === undefined) return '';
  if (right.gateway) return right.cluster === undefined ? 'yes?' : right.cluster ? 'yes' : 'policy';
  return right.cluster === true ? 'rbac' : '-';
}

/** Returns the table of permissions, with a legend. */
export function describeRights(
  { rights, clusterSaid, policyVersion }: Rights,
  cluster: string,
  namespace: string,
): string {
  const rows = rights.map(({ resource, verbs }) => [resource, ...listedVerbs.map((verb) => cell(verbs[verb]))]);
  return [
    table(['RESOURCE', ...listedVerbs.map((verb) => verb.toUpperCase())], rows),
    `In namespace ${forTerminal(namespace)} of cluster ${forTerminal(cluster)}, by policy ${forTerminal(policyVersion)}, for an object of any name:`,
    "  yes     the gateway's policy and the cluster's RBAC allow it",
    "  policy  only the gateway's policy allows it; the cluster refuses",
    '  rbac    only the cluster\'s RBAC allows it; the gateway refuses ("sallyport policy explain" tells why)',
    '  -       neither allows it',
    ...(clusterSaid === undefined
      ? []
      : [`The answer of the cluster is uncertain (yes?): ${forTerminal(clusterSaid)}`]),
    'Rules about object names, commands, addresses or times may allow more, or less.',
    '',
  ].join('\n');
}
