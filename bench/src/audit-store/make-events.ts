import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';

/** Returns a number below `count`, small ones much more often than large ones. */
const skewed = (count: number) => Math.floor(Math.random() ** 3 * count);
const pick = <T>(values: readonly T[]): T => values[skewed(values.length)]!;

const resources = ['pods', 'deployments', 'configmaps', 'services', 'events', 'nodes', 'secrets', 'jobs', 'leases'];
const verbs = ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'];
const commands = [
  ['sh'],
  ['bash', '-l'],
  ['cat', '/etc/resolv.conf'],
  ['psql', '-c', 'select count(*) from orders'],
  ['sh', '-c', 'rm -rf /tmp/cache && ls -la /var/lib'],
];

/** Never in the namespace `kube-system`, although each is frequent. */
const neverThere = 'delete';

/**
 * Returns an event like those of an organization with 300 users, 20 clusters and 60 namespaces: 3 % are refused, 1 % run
 * a command, 0.2 % use an elevation.
 */
export function makeEvent(time: number): AuditRecord {
  const user = skewed(300);
  const cluster = `cluster-${skewed(20)}`;
  const session = `00000000-0000-4000-8000-${String(user * 7 + skewed(7)).padStart(12, '0')}`;
  const namespace = Math.random() < 0.15 ? 'kube-system' : `team-${skewed(60)}`;
  const verb = pick(verbs);
  const isRefused = Math.random() < 0.03;
  const groups = [`team-${user % 40}`, 'employees', `site-${user % 5}`, 'system:authenticated'];
  const record = sampleAuditRecord({
    session,
    cluster,
    time,
    data: {
      stage: Math.random() < 0.5 ? 'RequestReceived' : 'ResponseComplete',
      verb: namespace === 'kube-system' && verb === neverThere ? 'get' : verb,
      user: { username: `user-${user}@example.com`, groups },
      objectRef: { resource: pick(resources), namespace, name: `object-${skewed(5000)}`, apiVersion: 'v1' },
      responseStatus: { code: isRefused ? 403 : 200 },
    },
  });
  const { sallyport } = record.data;
  sallyport.clientAddress = `10.${user % 4}.${user % 250}.${skewed(250)}`;
  sallyport.identity = { iss: 'https://idp.example.com', sub: `sub-${user}`, groups };
  sallyport.decision = {
    effect: isRefused ? 'deny' : 'allow',
    rule: isRefused ? 'default-deny' : `clusters.${cluster}.policy[${skewed(6)}].allow`,
    reasons: [isRefused ? 'groups-unauthorized' : 'groups-ok'],
    policyVersion: 'sha256:abcdef',
  };
  if (Math.random() < 0.01) sallyport.exec = { container: 'main', command: pick(commands), tty: false, stdin: false };
  if (Math.random() < 0.002) sallyport.elevation = { id: `elevation-${skewed(50)}`, name: 'incident' };
  return record;
}
